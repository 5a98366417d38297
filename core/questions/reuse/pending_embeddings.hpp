// Embeddings of inputs that await the full model's answer, by input: learn() needs what ask() saw. Places are used again; there
// come to be as many as inputs were under way at once, which the client bounds. One thread at a time.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "core/pipeline/answer.hpp"

namespace sluice::questions {

class PendingEmbeddings {
 public:
  explicit PendingEmbeddings(std::size_t dimension) : dimension_(dimension) {}

  // Precondition: the embedding has the dimension; the id is not 0, and not here.
  void keep(pipeline::InputId input, std::span<const float> embedding) {
    const std::size_t place = place_of(kFree);
    if (place == inputs_.size()) {
      inputs_.push_back(kFree);
      values_.resize(inputs_.size() * dimension_);
    }
    inputs_[place] = input;
    std::ranges::copy(embedding, values_.begin() + static_cast<std::ptrdiff_t>(place * dimension_));
  }

  // Empty when the input is not here.
  std::span<const float> find(pipeline::InputId input) const {
    const std::size_t place = place_of(input);
    if (input == kFree || place == inputs_.size()) return {};
    return std::span(values_).subspan(place * dimension_, dimension_);
  }

  void forget(pipeline::InputId input) {
    if (const std::size_t place = place_of(input); place != inputs_.size()) inputs_[place] = kFree;
  }

 private:
  static constexpr pipeline::InputId kFree = 0;

  std::size_t place_of(pipeline::InputId input) const {
    return static_cast<std::size_t>(std::ranges::find(inputs_, input) - inputs_.begin());
  }

  std::size_t dimension_;
  std::vector<pipeline::InputId> inputs_;  // by place
  std::vector<float> values_;
};

}  // namespace sluice::questions
