// A model with what stands before it: an input of the bundle's kind goes in, the model's own outputs come out. Owns its stage,
// its preprocessor and its input tensor. One thread at a time; after the first input of a size, run() does not allocate.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/base/result.hpp"
#include "core/input/preprocessor.hpp"
#include "core/run/stage.hpp"

namespace sluice::run {

// What a build can load: the operators of models and the kinds of inputs. full_loading() and gate_loading() are the two sets
// that there are.
struct Loading {
  model::LoadOptions model;
  std::span<const input::PreprocessorRow> preprocessors;
};
Loading full_loading();
Loading gate_loading();  // what a SKIP filter on pictures needs

class Network {
 public:
  // kShapeMismatch and kTypeMismatch when the stage does not take exactly one input as the spec makes it.
  static Result<Network> make(std::unique_ptr<Stage> stage, const input::InputSpec& spec,
                              std::span<const input::PreprocessorRow> preprocessors);
  static Result<Network> load(Bytes onnx, const input::InputSpec& spec, const Loading& loading);

  // Preprocesses and runs; where a picture lay in the tensor.
  Result<input::Placement> run(const input::InputView& input);

  Stage& stage() { return *stage_; }
  const Stage& stage() const { return *stage_; }
  std::span<const model::TensorInfo> outputs() const { return stage_->outputs(); }
  TensorView output(std::size_t index) const { return stage_->output(index); }

 private:
  Network(std::unique_ptr<Stage> stage, std::unique_ptr<input::Preprocessor> preprocessor, Tensor input);

  std::unique_ptr<Stage> stage_;
  std::unique_ptr<input::Preprocessor> preprocessor_;
  Tensor input_;
};

// Whether a model with these inputs takes one of this type and shape, where it does not leave dimensions open.
Result<void> check_single_input(std::span<const model::TensorInfo> inputs, DataType type, const Shape& shape);

}  // namespace sluice::run
