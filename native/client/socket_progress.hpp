// How many bytes a TCP socket has put on the network. No state. C++17, like the transport; apart from it because the kernel's
// header and the C library's define the same names.
#pragma once

#include <cstdint>

namespace sluice::client {

// Of the whole connection, repetitions counted once; 0 where the system does not tell.
std::uint64_t bytes_on_network(int socket);

// Lets the kernel keep only little more than what is on its way, so that a thin link shows at once; without effect where the
// system cannot.
void keep_little_unsent(int socket);

}  // namespace sluice::client
