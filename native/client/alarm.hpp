// Calls a function on a thread of its own when a time has come. One time is set at once; set() from any thread, from the
// function too.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "core/base/time.hpp"

namespace sluice::client {

// The clock of the alarm and of all that the client does.
Instant steady_now();

class Alarm {
 public:
  explicit Alarm(std::function<void()> ring);
  ~Alarm() { stop(); }

  // Replaces the time set before; kNever: none. Rings once, at once when the time has gone by.
  void set(Instant at);
  // Waits for the call under way; none comes afterwards. Not from the function.
  void stop();

 private:
  void run();

  const std::function<void()> ring_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  Instant at_ = kNever;
  Instant waiting_until_ = kNever;  // what the thread sleeps for: a later time needs no wake-up
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::client
