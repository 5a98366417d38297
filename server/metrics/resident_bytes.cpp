#include "server/metrics/resident_bytes.hpp"

#include <unistd.h>

#include <fstream>

namespace sluice::server {

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace sluice::server
