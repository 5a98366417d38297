// How long this thread itself has run: what other work takes from it on a busy machine is in no measurement by it. In WebAssembly, which knows no
// such time, the clock's.
#pragma once

#include <chrono>
#include <ctime>

namespace sluice::eval {

inline double own_time_ms() {
#ifdef __EMSCRIPTEN__
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
#else
  timespec ran{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ran);
  return 1e3 * static_cast<double>(ran.tv_sec) + 1e-6 * static_cast<double>(ran.tv_nsec);
#endif
}

}  // namespace sluice::eval
