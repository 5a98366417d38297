#include "native/train/progress.hpp"

#include <unistd.h>

#include <array>
#include <optional>

namespace sluice::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTerminalPace{100};
constexpr std::chrono::seconds kLogPace{15};

std::string duration_text(double seconds) {
  std::array<char, 40> text{};
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 90) {
    std::snprintf(text.data(), text.size(), "%ld s", whole);
  } else if (whole < 90 * 60) {
    std::snprintf(text.data(), text.size(), "%ld min", (whole + 30) / 60);
  } else {
    std::snprintf(text.data(), text.size(), "%ld h %ld min", whole / 3600, whole % 3600 / 60);
  }
  return text.data();
}

}  // namespace

std::string progress_text(std::size_t done, std::size_t of, std::size_t before, double seconds) {
  std::string text = std::to_string(done) + " of " + std::to_string(of);
  if (done <= before || seconds <= 0) return text;
  const double rate = static_cast<double>(done - before) / seconds;
  std::array<char, 40> shown{};
  std::snprintf(shown.data(), shown.size(), rate < 10 ? ", %.2g/s" : ", %.0f/s", rate);
  text += shown.data();
  if (done < of) text += ", " + duration_text(static_cast<double>(of - done) / rate) + " left";
  return text;
}

ProgressLog::ProgressLog(std::FILE* file) : file_(file), terminal_(file != nullptr && isatty(fileno(file)) == 1) {}

ProgressLog::~ProgressLog() { end_line(); }

void ProgressLog::line(const std::string& text) {
  if (file_ == nullptr) return;
  end_line();
  std::fprintf(file_, "%s\n", text.c_str());
  std::fflush(file_);
}

void ProgressLog::end_line() {
  if (!open_line_) return;
  std::fputc('\n', file_);
  std::fflush(file_);
  open_line_ = false;
}

Progress ProgressLog::progress(std::string what) {
  // The clock starts with the first call, which may come long after work of an earlier run was found done.
  return [this, what = std::move(what), began = std::optional<Clock::time_point>(), before = std::size_t{0}](
             std::size_t done, std::size_t of) mutable {
    if (file_ == nullptr) return;
    if (!began || done < before) {
      began = Clock::now();
      before = done;
    }
    show(what, done, of, *began, before);
  };
}

void ProgressLog::show(const std::string& what, std::size_t done, std::size_t of, Clock::time_point began,
                       std::size_t before) {
  const auto now = Clock::now();
  if (done != of && now - last_ < (terminal_ ? Clock::duration(kTerminalPace) : Clock::duration(kLogPace))) return;
  last_ = now;
  const std::string text =
      what + ": " + progress_text(done, of, before, std::chrono::duration<double>(now - began).count());
  if (!terminal_) {
    std::fprintf(file_, "%s\n", text.c_str());
  } else {
    std::fprintf(file_, "\r\x1b[K%s", text.c_str());
    open_line_ = true;
    if (done == of) end_line();
  }
  std::fflush(file_);
}

}  // namespace sluice::train
