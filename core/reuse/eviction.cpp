#include "core/reuse/eviction.hpp"

#include <algorithm>

namespace sluice::reuse {
namespace {

constexpr std::string_view kPolicyNames[] = {"lru", "lfu", "utility"};

double uses(const Usage& usage) { return static_cast<double>(usage.hits + 1); }

double least_recent(const Usage&) { return 0; }  // equal for all: the last use decides

double least_frequent(const Usage& usage) { return uses(usage); }

double least_useful(const Usage& usage, double age) {
  return age + uses(usage) * usage.cost_ms / static_cast<double>(std::max<std::size_t>(usage.bytes, 1));
}

}  // namespace

std::string_view eviction_name(EvictionPolicy policy) { return kPolicyNames[static_cast<std::size_t>(policy)]; }

std::optional<EvictionPolicy> find_eviction(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kPolicyNames); ++i) {
    if (kPolicyNames[i] == name) return static_cast<EvictionPolicy>(i);
  }
  return std::nullopt;
}

EvictionQueue::EvictionQueue(EvictionPolicy policy, std::size_t rows)
    : policy_(policy), heap_(rows), positions_(rows) {}

EvictionQueue::Item EvictionQueue::item_of(std::uint32_t row, const Usage& usage) const {
  double priority = 0;
  switch (policy_) {
    case EvictionPolicy::kLru: priority = least_recent(usage); break;
    case EvictionPolicy::kLfu: priority = least_frequent(usage); break;
    case EvictionPolicy::kUtility: priority = least_useful(usage, age_); break;
  }
  return {priority, usage.last_use, row};
}

void EvictionQueue::place(std::size_t position, const Item& item) {
  heap_[position] = item;
  positions_[item.row] = static_cast<std::uint32_t>(position);
}

bool EvictionQueue::before(const Item& a, const Item& b) {
  return a.priority != b.priority ? a.priority < b.priority : a.last_use < b.last_use;
}

// Puts `item` where it belongs, on the way up or down from the free `position`.
void EvictionQueue::settle(std::size_t position, const Item& item) {
  while (position > 0 && before(item, heap_[(position - 1) / 2])) {
    place(position, heap_[(position - 1) / 2]);
    position = (position - 1) / 2;
  }
  for (std::size_t child; (child = 2 * position + 1) < size_; position = child) {
    if (child + 1 < size_ && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], item)) break;
    place(position, heap_[child]);
  }
  place(position, item);
}

void EvictionQueue::add(std::uint32_t row, const Usage& usage) {
  const Item item = item_of(row, usage);
  settle(size_++, item);
}

void EvictionQueue::update(std::uint32_t row, const Usage& usage) { settle(positions_[row], item_of(row, usage)); }

void EvictionQueue::remove(std::uint32_t row) {
  const std::size_t position = positions_[row];
  const Item last = heap_[--size_];
  if (position < size_) settle(position, last);
}

std::uint32_t EvictionQueue::pop() {
  const Item lowest = heap_.front();
  age_ = std::max(age_, lowest.priority);
  remove(lowest.row);
  return lowest.row;
}

void EvictionQueue::clear() {
  size_ = 0;
  age_ = 0;
}

}  // namespace sluice::reuse
