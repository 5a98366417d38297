// Log lines that clients can cause as often as they like: of each kind at most so many a second. The next one that is written says
// how many were left out. One thread at a time.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"
#include "server/log.hpp"

namespace sluice::server {

class LogThrottle {
 public:
  explicit LogThrottle(const Log& log, std::uint32_t lines_per_s = 1)  // which outlives it
      : log_(log), lines_per_s_(lines_per_s) {}

  // As Log::line(). `sentence` tells kinds apart and is kept: a literal.
  void line(std::string_view event, std::string_view sentence, std::initializer_list<Log::Field> fields, Instant now);

 private:
  struct Kind {
    std::string_view sentence;
    Instant second;              // its begin
    std::uint32_t written = 0;   // in that second
    std::uint64_t left_out = 0;  // since the last one that was written
  };
  const Log& log_;
  const std::uint32_t lines_per_s_;
  std::vector<Kind> kinds_;
};

}  // namespace sluice::server
