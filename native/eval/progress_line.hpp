// How far long work has come, a line every two seconds and one at the end, with the time left. Borrows the file; called by one
// thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>

namespace sluice::eval {

class ProgressLine {
 public:
  // `log`: nullptr for silence.
  ProgressLine(std::FILE* log, const char* what) : log_(log), what_(what) {}
  void operator()(std::size_t done, std::size_t of) {
    const auto now = std::chrono::steady_clock::now();
    if (log_ == nullptr || (now - told_ < std::chrono::seconds(2) && done != of)) return;
    told_ = now;
    const double s = std::chrono::duration<double>(now - begin_).count();
    const double left = done > 0 ? s / static_cast<double>(done) * static_cast<double>(of - done) : 0;
    std::fprintf(log_, "%s: %zu of %zu, %.0f s left\n", what_, done, of, left);
  }

 private:
  std::FILE* log_;
  const char* what_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point told_{};
};

}  // namespace sluice::eval
