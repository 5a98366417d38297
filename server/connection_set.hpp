// The connections that are open, for the limit on their number and for draining them. Only the I/O thread uses it, and it
// outlives every Slot. A Slot is one connection's place, given back when the connection ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <list>
#include <utility>
#include <vector>

#include "server/metrics/metrics.hpp"

namespace sluice::server {

// What a drain asks of a connection.
class Drainable {
 public:
  virtual ~Drainable() = default;
  virtual void drain() = 0;                    // finish what was accepted, then close
  virtual void abort() = 0;                    // close now
  virtual void tokens_changed() {}             // some were revoked, perhaps this connection's
  virtual bool idle() const { return false; }  // has no request, and may be closed for another connection
};

class ConnectionSet {
 public:
  explicit ConnectionSet(Metrics& metrics) : metrics_(metrics) {}
  ConnectionSet(const ConnectionSet&) = delete;
  ConnectionSet& operator=(const ConnectionSet&) = delete;

  class Slot {
   public:
    explicit Slot(ConnectionSet& set) : set_(&set), place_(set.open_.insert(set.open_.end(), nullptr)) {
      set.metrics_.connection_opened();
    }
    Slot(Slot&& other) noexcept : set_(std::exchange(other.set_, nullptr)), place_(other.place_) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (set_ == nullptr) return;
      set_->open_.erase(place_);
      set_->metrics_.connection_closed();
      if (set_->open_.empty() && set_->when_empty_) set_->when_empty_();
    }
    void attach(Drainable* connection) { *place_ = connection; }

   private:
    ConnectionSet* set_;
    std::list<Drainable*>::iterator place_;
  };

  std::size_t size() const { return open_.size(); }
  void drain_all() {
    for_each([](Drainable& one) { one.drain(); });
  }
  void abort_all() {
    for_each([](Drainable& one) { one.abort(); });
  }
  void tokens_changed() {
    for_each([](Drainable& one) { one.tokens_changed(); });
  }
  // Asks the oldest idle connection to give its place to another; nothing when there is none.
  void close_an_idle_one() {
    const auto found =
        std::find_if(open_.begin(), open_.end(), [](const Drainable* one) { return one != nullptr && one->idle(); });
    if (found != open_.end()) (*found)->drain();
  }
  // Called each time the last connection ends.
  void when_empty(std::function<void()> call) { when_empty_ = std::move(call); }

 private:
  template <typename Call>
  void for_each(Call call) {
    // A copy, since a connection may end while it is asked.
    const std::vector<Drainable*> now(open_.begin(), open_.end());
    for (auto* one : now) {
      if (one != nullptr) call(*one);
    }
  }

  Metrics& metrics_;
  std::list<Drainable*> open_;
  std::function<void()> when_empty_;
};

}  // namespace sluice::server
