// A first-in-first-out queue in a ring that keeps its memory, so that a steady stream through it does not allocate
// (std::deque frees and allocates blocks as it moves). Owns its elements; T is default-constructible and movable.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace sluice::pipeline {

template <typename T>
class RingQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void push(T value) {
    if (size_ == slots_.size()) grow();
    at(size_) = std::move(value);
    ++size_;
  }

  // Precondition: not empty.
  T pop() {
    T value = std::exchange(slots_[head_], T{});
    head_ = (head_ + 1) % slots_.size();
    --size_;
    return value;
  }

  // Removes what `matches`, keeps the order of the rest, and returns how many were removed.
  template <typename Predicate>
  std::size_t erase_if(Predicate matches) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (matches(std::as_const(at(i)))) continue;
      if (kept != i) at(kept) = std::move(at(i));
      ++kept;
    }
    for (std::size_t i = kept; i < size_; ++i) at(i) = T{};
    const std::size_t removed = size_ - kept;
    size_ = kept;
    return removed;
  }

  // Calls `look` with each, the first in first.
  template <typename Look>
  void each(Look look) const {
    for (std::size_t i = 0; i < size_; ++i) look(slots_[(head_ + i) % slots_.size()]);
  }

  void clear() {
    erase_if([](const T&) { return true; });
  }

 private:
  T& at(std::size_t i) { return slots_[(head_ + i) % slots_.size()]; }

  void grow() {
    std::vector<T> larger(slots_.empty() ? 8 : slots_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(at(i));
    slots_ = std::move(larger);
    head_ = 0;
  }

  std::vector<T> slots_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sluice::pipeline
