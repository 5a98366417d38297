#include "native/cli/console.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "native/cli/printable.hpp"

namespace sluice::cli {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(100);
constexpr std::uint64_t kBarCells = 30;

}  // namespace

Console::Console(bool bar) : bar_(bar && ::isatty(STDERR_FILENO) != 0) {}
Console::~Console() { clear(); }

void Console::progress(std::uint64_t done, std::optional<std::uint64_t> total, const std::string& note) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!bar_ || (drawn_ && now - last_ < kRedrawEvery)) return;
  last_ = now;
  erase();
  drawn_ = true;
  if (total && *total > 0) {
    const std::uint64_t shown = std::min(done, *total);
    const std::uint64_t cells = shown * kBarCells / *total;
    const std::string bar = std::string(cells, '=') + std::string(kBarCells - cells, ' ');
    std::fprintf(stderr, "[%s] %3llu %%  %s", bar.c_str(), static_cast<unsigned long long>(shown * 100 / *total),
                 note.c_str());
  } else {
    std::fprintf(stderr, "%llu frames  %s", static_cast<unsigned long long>(done), note.c_str());
  }
  std::fflush(stderr);
}

void Console::message(const std::string& text) {
  const std::lock_guard lock(mutex_);
  erase();
  std::fprintf(stderr, "sluice: %s\n", printable(text).c_str());
}

void Console::clear() {
  const std::lock_guard lock(mutex_);
  erase();
}

void Console::erase() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace sluice::cli
