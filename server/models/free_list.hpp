// Things that one thread at a time uses and that are costly to make: whoever needs one takes it, or makes one where there is
// none, and gives it back. At most `kept` wait for the next user. Safe from any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace sluice::server {

template <typename T>
class FreeList {
 public:
  explicit FreeList(std::size_t kept) : kept_(kept) {}

  std::unique_ptr<T> take() {  // nullptr: none is free
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return nullptr;
    auto one = std::move(free_.back());
    free_.pop_back();
    return one;
  }

  void give(std::unique_ptr<T> one) {
    const std::lock_guard lock(mutex_);
    if (free_.size() < kept_) free_.push_back(std::move(one));
  }

 private:
  const std::size_t kept_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> free_;
};

}  // namespace sluice::server
