#include "server/log_throttle.hpp"

#include <algorithm>
#include <string>

namespace sluice::server {

void LogThrottle::line(std::string_view event, std::string_view sentence, std::initializer_list<Log::Field> fields,
                       Instant now) {
  constexpr auto kSpacing = std::chrono::seconds(1);
  auto kind = std::ranges::find(kinds_, sentence, &Kind::sentence);
  if (kind == kinds_.end()) {
    kinds_.push_back({sentence, now, 0});
    return log_.line(event, sentence, fields);
  }
  if (now - kind->written < kSpacing) {
    ++kind->left_out;
    return;
  }
  std::vector<Log::Field> all(fields);
  if (kind->left_out > 0) all.emplace_back("left_out", std::to_string(kind->left_out));
  *kind = {sentence, now, 0};
  log_.line(event, sentence, all);
}

}  // namespace sluice::server
