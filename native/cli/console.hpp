// Standard error of an interactive program: a progress bar when it is a terminal, and messages that do not tear it.
// Messages from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace sluice::cli {

class Console {
 public:
  // `bar`: whether to draw a bar where standard error is a terminal.
  explicit Console(bool bar);
  ~Console();  // removes the bar
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // Draws the bar anew, at most some times a second. `total` unknown: a counter in its place.
  void progress(std::uint64_t done, std::optional<std::uint64_t> total, const std::string& note);
  void message(const std::string& text);
  void clear();

 private:
  void erase();

  std::mutex mutex_;  // guards the terminal and what follows
  const bool bar_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace sluice::cli
