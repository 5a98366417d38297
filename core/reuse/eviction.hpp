// Which entry a full cache gives up. The queue holds one priority for each row, set when the row is inserted or used, and
// finds the lowest; among equals the one that was used longest ago. Memory is made at creation; each call takes O(log rows).
// One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::reuse {

enum class EvictionPolicy : std::uint8_t {
  kLru,  // the one used longest ago
  kLfu,  // the one used least often
  kUtility,  // the one whose uses save least for their bytes: uses x cost / bytes, plus an age that grows with each eviction,
             // so that what was useful once doesn't stay for ever (GreedyDual-Size with frequency)
};
std::string_view eviction_name(EvictionPolicy policy);  // "lru", "lfu", "utility"
std::optional<EvictionPolicy> find_eviction(std::string_view name);

struct Usage {
  std::uint64_t last_use = 0;  // grows with every insert and use in the cache
  std::uint64_t hits = 0;
  double cost_ms = 0;  // what computing the result took
  std::size_t bytes = 0;
};

class EvictionQueue {
 public:
  EvictionQueue(EvictionPolicy policy, std::size_t rows);

  static constexpr std::size_t bytes_per_row() { return sizeof(Item) + sizeof(std::uint32_t); }

  bool empty() const { return size_ == 0; }
  // Precondition: the row is not in the queue.
  void add(std::uint32_t row, const Usage& usage);
  // Precondition of both: the row is in the queue.
  void update(std::uint32_t row, const Usage& usage);
  void remove(std::uint32_t row);
  // Takes out the row to evict. Precondition: not empty.
  std::uint32_t pop();
  void clear();

 private:
  struct Item {
    double priority = 0;
    std::uint64_t last_use = 0;
    std::uint32_t row = 0;
  };
  static bool before(const Item& a, const Item& b);
  Item item_of(std::uint32_t row, const Usage& usage) const;
  void place(std::size_t position, const Item& item);
  void settle(std::size_t position, const Item& item);

  EvictionPolicy policy_;
  double age_ = 0;                        // kUtility: the priority of the last one evicted
  std::vector<Item> heap_;                // binary, lowest first
  std::size_t size_ = 0;                  // of the heap
  std::vector<std::uint32_t> positions_;  // of each row in the heap
};

}  // namespace sluice::reuse
