#include "core/reuse/eviction.hpp"

#include <algorithm>
#include <tuple>

namespace sluice::reuse {
namespace {

constexpr std::string_view kNames[] = {"lru", "lfu", "utility"};

double uses(const Usage& usage) { return static_cast<double>(usage.hits + 1); }

double least_recent(const Usage&) { return 0; }  // equal for all: the last use decides

double least_frequent(const Usage& usage) { return uses(usage); }

double least_useful(const Usage& usage, double age) {
  return age + uses(usage) * usage.cost_ms / static_cast<double>(std::max<std::size_t>(usage.bytes, 1));
}

}  // namespace

std::string_view eviction_name(EvictionPolicy policy) { return kNames[static_cast<std::size_t>(policy)]; }

std::optional<EvictionPolicy> find_eviction(std::string_view name) {
  const auto* found = std::ranges::find(kNames, name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<EvictionPolicy>(found - std::begin(kNames));
}

EvictionQueue::EvictionQueue(EvictionPolicy policy, std::size_t rows) : policy_(policy), positions_(rows) {
  heap_.reserve(rows);
}

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

// Puts `item` where it belongs, on the way up or down from the free `position`.
void EvictionQueue::settle(std::size_t position, const Item& item) {
  const auto before = [](const Item& a, const Item& b) {
    return std::tie(a.priority, a.last_use) < std::tie(b.priority, b.last_use);
  };
  while (position > 0 && before(item, heap_[(position - 1) / 2])) {
    place(position, heap_[(position - 1) / 2]);
    position = (position - 1) / 2;
  }
  for (std::size_t child; (child = 2 * position + 1) < heap_.size(); position = child) {
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], item)) break;
    place(position, heap_[child]);
  }
  place(position, item);
}

void EvictionQueue::add(std::uint32_t row, const Usage& usage) {
  const Item item = item_of(row, usage);
  heap_.push_back(item);
  settle(heap_.size() - 1, item);
}

void EvictionQueue::update(std::uint32_t row, const Usage& usage) { settle(positions_[row], item_of(row, usage)); }

void EvictionQueue::remove(std::uint32_t row) {
  const std::size_t position = positions_[row];
  const Item last = heap_.back();
  heap_.pop_back();
  if (position < heap_.size()) settle(position, last);
}

std::uint32_t EvictionQueue::pop() {
  const Item lowest = heap_.front();
  age_ = std::max(age_, lowest.priority);
  remove(lowest.row);
  return lowest.row;
}

void EvictionQueue::clear() {
  heap_.clear();
  age_ = 0;
}

}  // namespace sluice::reuse
