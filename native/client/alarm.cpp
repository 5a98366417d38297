#include "native/client/alarm.hpp"

#include <chrono>

namespace sluice::client {

Instant steady_now() {
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

Alarm::Alarm(std::function<void()> ring) : ring_(std::move(ring)), thread_([this] { run(); }) {}

void Alarm::set(Instant at) {
  bool sooner = false;
  {
    const std::lock_guard lock(mutex_);
    at_ = at;
    sooner = at < waiting_until_;
  }
  if (sooner) changed_.notify_one();
}

void Alarm::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Alarm::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (at_ <= steady_now()) {
      at_ = kNever;
      lock.unlock();
      ring_();
      lock.lock();
      continue;
    }
    waiting_until_ = at_;
    if (at_ == kNever) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, std::chrono::steady_clock::time_point(at_.time_since_epoch()));
    }
    waiting_until_ = Instant::min();
  }
}

}  // namespace sluice::client
