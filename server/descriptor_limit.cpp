#include "server/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <string>

namespace sluice::server {

namespace {

// Listening, timers, logs, the engine's library and files that are sent, beside one for each connection.
constexpr rlim_t kOtherDescriptors = 64;

}  // namespace

void provide_descriptors(std::uint32_t max_connections, const Log& log) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = max_connections + kOtherDescriptors;
  if (limit.rlim_cur < wanted) {
    rlimit raised = limit;
    raised.rlim_cur = std::min(wanted, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur >= wanted) return;
  log.line("few_descriptors",
           "The system lets this process open " + std::to_string(limit.rlim_cur) + " files, which are fewer than the " +
               std::to_string(max_connections) +
               " connections it would take; raise `ulimit -n` (LimitNOFILE in systemd) or lower --max-connections",
           {{"limit", std::to_string(limit.rlim_cur)}, {"wanted", std::to_string(wanted)}});
}

}  // namespace sluice::server
