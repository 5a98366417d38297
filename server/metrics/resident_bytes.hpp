// How much memory this process holds, by the system's count. Plain functions; any thread.
#pragma once

#include <cstddef>

namespace sluice::server {

std::size_t resident_bytes();  // 0 where the system does not say
std::size_t own_bytes();       // of these, without pages of files: libraries, mappings

}  // namespace sluice::server
