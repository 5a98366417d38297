// What a long run tells: figures as lines of their own, progress with its rate and the time left. On a terminal progress is
// one line that is written over; elsewhere it is a line once in a while, so that a log stays readable. Borrows the file.
// One thread at a time.
#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>

namespace sluice::train {

using Progress = std::function<void(std::size_t done, std::size_t of)>;

class ProgressLog {
 public:
  // `file`: nullptr for silence.
  explicit ProgressLog(std::FILE* file);
  ~ProgressLog();
  ProgressLog(const ProgressLog&) = delete;
  ProgressLog& operator=(const ProgressLog&) = delete;

  void line(const std::string& text);
  // Progress of one piece of work. The function may be called as often as work is done; it must not outlive the log.
  Progress progress(std::string what);

 private:
  void show(const std::string& what, std::size_t done, std::size_t of, std::chrono::steady_clock::time_point began,
            std::size_t before);
  void end_line();

  std::FILE* file_;
  bool terminal_;
  bool open_line_ = false;
  std::chrono::steady_clock::time_point last_{};
};

// "12 of 40, 3.2/s, 9 s left": what progress() shows. `before`: what was done already when the clock started.
std::string progress_text(std::size_t done, std::size_t of, std::size_t before, double seconds);

}  // namespace sluice::train
