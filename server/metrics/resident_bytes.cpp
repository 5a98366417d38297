#include "server/metrics/resident_bytes.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace sluice::server {

namespace {

struct Pages {
  std::size_t resident = 0;
  std::size_t of_files = 0;
};

Pages read_pages() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  Pages pages;
  statm >> all >> pages.resident >> pages.of_files;
  return pages;
}

std::size_t in_bytes(std::size_t pages) { return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

std::size_t resident_bytes() { return in_bytes(read_pages().resident); }

std::size_t own_bytes() {
  const Pages pages = read_pages();
  return in_bytes(pages.resident - std::min(pages.of_files, pages.resident));
}

}  // namespace sluice::server
