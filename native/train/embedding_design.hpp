// The form and sizes of the network that gives embeddings (embedding_network.hpp), apart from it so that what names them needs no
// LibTorch.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::train {

enum class EmbeddingForm {
  kPooled,   // InFi's: a pointwise convolution, the highest over all places
  kGrid,     // a pointwise convolution, means over 3x3 places
  kStrided,  // two 3x3 convolutions that reduce the places on their way
};

// "pooled", "grid", "strided"; kNotFound for anything else.
Result<EmbeddingForm> embedding_form(std::string_view name);

struct EmbeddingDesign {
  EmbeddingForm form = EmbeddingForm::kGrid;
  std::int64_t channels = 8;        // of the layer that goes over the places
  std::int64_t size = 64;           // numbers in an embedding
  std::int64_t trunk_channels = 0;  // of the trunk's features
  std::int64_t high = 0;
  std::int64_t wide = 0;
};

}  // namespace sluice::train
