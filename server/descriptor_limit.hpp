// How many files and sockets this process may have open: raised as far as the system lets it, and held against what the options
// promise. Plain function; changes the process's own limit.
#pragma once

#include <cstdint>

#include "server/log.hpp"

namespace sluice::server {

// Raises the soft limit to the hard one where `max_connections` needs that, and writes a line where even that is too few.
void provide_descriptors(std::uint32_t max_connections, const Log& log);

}  // namespace sluice::server
