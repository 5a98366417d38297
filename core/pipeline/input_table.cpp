#include "core/pipeline/input_table.hpp"

#include <algorithm>
#include <utility>

namespace sluice::pipeline {

Input& InputTable::add(InputId id) {
  if (spare_.empty()) spare_.push_back(std::make_unique<Input>());
  order_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  Input& input = *order_.back();
  input.id = id;
  return input;
}

std::unique_ptr<Input> InputTable::take(InputId id) {
  const std::size_t index = index_of(id);
  if (index == order_.size()) return nullptr;
  std::unique_ptr<Input> taken = std::move(order_[index]);
  order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(index));
  return taken;
}

void InputTable::give_back(std::unique_ptr<Input> ended) {
  if (ended == nullptr) return;
  *ended = Input{};
  spare_.push_back(std::move(ended));
}

std::size_t InputTable::index_of(InputId id) const {
  const auto found =
      std::lower_bound(order_.begin(), order_.end(), id,
                       [](const std::unique_ptr<Input>& one, InputId sought) { return one->id < sought; });
  if (found == order_.end() || (*found)->id != id) return order_.size();
  return static_cast<std::size_t>(found - order_.begin());
}

Input* InputTable::find(InputId id) {
  const std::size_t index = index_of(id);
  return index == order_.size() ? nullptr : order_[index].get();
}

Attempt* InputTable::find_attempt(AttemptId id) {
  if (id == 0) return nullptr;
  for (const auto& input : order_) {
    for (Attempt& attempt : input->attempts) {
      if (attempt.id == id) return &attempt;
    }
  }
  return nullptr;
}

Input* InputTable::superseded() {
  Input* oldest = nullptr;
  for (const auto& input : order_) {
    if (!input->replaceable()) continue;
    if (oldest != nullptr) return oldest;
    oldest = input.get();
  }
  return nullptr;
}

std::uint32_t InputTable::waiting() const {
  return static_cast<std::uint32_t>(
      std::count_if(order_.begin(), order_.end(), [](const std::unique_ptr<Input>& one) { return one->waiting(); }));
}

}  // namespace sluice::pipeline
