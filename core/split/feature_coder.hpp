// The device's side of a cut through a model (MANIFEST.md, `exits.cut`): the tensor there as symbols, each the value nearest to it, and these
// as a payload that the server's FeatureDecoder reads. Owns its tables and scratch memory, which is used again from tensor to tensor.
// One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/split/coding/symbol_model.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::split {

class FeatureCoder {
 public:
  // A coding section, which is copied, and what each of its symbols stands for, growing. The errors of read_coding() and check_values().
  static Result<FeatureCoder> create(Bytes section, std::span<const float> values);

  // A payload with all channels, valid until the next call. kShapeMismatch, kTypeMismatch for a tensor that is not as tensor_shape() says,
  // kExecutionFailed for a value that is no number.
  Result<Bytes> code(const TensorView& tensor);

  Shape tensor_shape() const;  // [1, channels, height, width]

 private:
  FeatureCoder() = default;

  std::vector<std::byte> section_;  // that `model_` looks at; a moved vector keeps its place
  SymbolModel model_;
  std::vector<float> limits_;  // from each on the next symbol is nearer
  std::vector<std::int8_t> symbols_;
  std::vector<std::uint8_t> payload_;
};

}  // namespace sluice::split
