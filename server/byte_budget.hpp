// Bytes of requests that the server holds, against one bound over all connections: bodies and messages that are still arriving, and
// those that wait or run. What each connection may do is bounded by itself; this bounds them together. A Hold counts while it
// lives, on any thread; the budget outlives its holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "core/base/error.hpp"
#include "server/metrics/metrics.hpp"

namespace sluice::server {

class ByteBudget {
 public:
  ByteBudget(std::uint64_t most, Metrics& metrics) : most_(most), metrics_(metrics) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  class Hold {
   public:
    Hold() = default;  // of no budget, and of nothing
    explicit Hold(ByteBudget& budget) : budget_(&budget) {}
    Hold(Hold&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Hold() { release(); }

    // False, and nothing changes, where so many would exceed the budget; fewer than before always fit.
    bool resize(std::uint64_t bytes) {
      if (budget_ == nullptr || bytes == bytes_) return true;
      if (!budget_->change(bytes_, bytes)) return false;
      bytes_ = bytes;
      return true;
    }
    void release() { resize(0); }

   private:
    ByteBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  std::uint64_t held() const { return held_.load(std::memory_order_relaxed); }
  std::uint64_t most() const { return most_; }

 private:
  bool change(std::uint64_t from, std::uint64_t to) {
    if (to < from) {
      metrics_.set_held(held_.fetch_sub(from - to, std::memory_order_relaxed) - (from - to));
      return true;
    }
    std::uint64_t now = held();
    do {
      if (to - from > most_ || now > most_ - (to - from)) return false;
    } while (!held_.compare_exchange_weak(now, now + (to - from), std::memory_order_relaxed));
    metrics_.set_held(now + (to - from));
    return true;
  }

  const std::uint64_t most_;
  Metrics& metrics_;
  std::atomic<std::uint64_t> held_{0};
};

// What is answered where a request does not fit any more, and when to come back.
inline Error held_refusal(const ByteBudget& budget) {
  return {ErrorCode::kOverloaded, "the server holds " + std::to_string(budget.held()) +
                                      " bytes of requests, and this one does not fit into max_held_bytes " +
                                      std::to_string(budget.most())};
}
inline constexpr std::uint32_t kRetryAfterMs = 1000;

}  // namespace sluice::server
