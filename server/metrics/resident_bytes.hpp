// How much memory this process holds, by the system's count. Plain function; any thread.
#pragma once

#include <cstddef>

namespace sluice::server {

std::size_t resident_bytes();  // 0 where the system does not say

}  // namespace sluice::server
