#include "server/log_throttle.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sluice::server {

void LogThrottle::line(std::string_view event, std::string_view sentence, std::initializer_list<Log::Field> fields,
                       Instant now) {
  auto kind = std::ranges::find(kinds_, sentence, &Kind::sentence);
  if (kind == kinds_.end()) kind = kinds_.insert(kinds_.end(), {sentence, now, 0, 0});
  if (now - kind->second >= std::chrono::seconds(1)) {
    kind->second = now;
    kind->written = 0;
  }
  if (kind->written == lines_per_s_) {
    ++kind->left_out;
    return;
  }
  ++kind->written;
  std::vector<Log::Field> all(fields);
  if (kind->left_out > 0) all.emplace_back("left_out", std::to_string(std::exchange(kind->left_out, 0)));
  log_.line(event, sentence, all);
}

}  // namespace sluice::server
