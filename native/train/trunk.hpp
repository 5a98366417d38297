// A SKIP filter's network without its last layer: the trunk whose features REUSE's embedding is computed from, so that one
// pass gives both. Found in the filter's ONNX, whoever trained it: the features are what the last convolution reads.
// extend() leaves every node of the filter as it is and adds to them.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/base/result.hpp"
#include "core/model/model.hpp"
#include "core/model/onnx_writer.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::train {

// Adds nodes to a copy of the filter. `features`: the name of the trunk's output, [1, channels, high, wide].
using Extend = std::function<void(model::OnnxWriter& writer, const std::string& features)>;

// The filter with what `extend` adds behind its own outputs. kUnsupportedOperator when it has no convolution.
Result<std::string> extend_filter(Bytes filter, const Extend& extend);

// What a filter computes on stored pictures, with the core's own runner. Owns the model; one thread at a time.
class TrunkRunner {
 public:
  static Result<TrunkRunner> load(Bytes filter);

  // For a picture of 3 planes of bytes; read score() and features() then.
  Result<void> run(std::span<const std::uint8_t> planes);
  float score() const;
  TensorView features() const { return model_->output(1); }

 private:
  explicit TrunkRunner(std::string onnx) : onnx_(std::make_unique<std::string>(std::move(onnx))) {}
  std::unique_ptr<std::string> onnx_;  // outlives the model, which borrows its weights
  std::unique_ptr<model::Model> model_;
  Tensor input_;
};

}  // namespace sluice::train
