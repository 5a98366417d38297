#include "core/run/program.hpp"

#include <array>
#include <string>
#include <utility>

namespace sluice::run {

Program::Program(std::unique_ptr<Stage> stage, std::unique_ptr<input::Preprocessor> preprocessor,
                 std::unique_ptr<output::Decoder> decoder, const input::InputSpec& spec, Tensor input)
    : stage_(std::move(stage)),
      preprocessor_(std::move(preprocessor)),
      decoder_(std::move(decoder)),
      spec_(spec),
      input_(std::move(input)) {}

Result<Program> Program::make(std::unique_ptr<Stage> stage, const input::InputSpec& input,
                              const output::OutputSpec& output, std::span<const input::PreprocessorRow> preprocessors) {
  auto decoder = output::make_decoder(output);
  if (!decoder) return fail(decoder.error());
  auto preprocessor = input::make_preprocessor(input, preprocessors);
  if (!preprocessor) return fail(preprocessor.error());
  const DataType type = (*preprocessor)->tensor_type();
  const Shape shape = (*preprocessor)->tensor_shape();
  if (stage != nullptr) {
    if (auto checked = check_single_input(stage->inputs(), type, shape); !checked) return fail(checked.error());
    if (auto checked = (*decoder)->check(stage->outputs()); !checked) return fail(checked.error());
  }
  auto tensor = Tensor::create(type, shape);
  if (!tensor) return fail(tensor.error());
  return Program(std::move(stage), std::move(*preprocessor), std::move(*decoder), input, std::move(*tensor));
}

Result<Program> Program::load(Bytes onnx, const input::InputSpec& input, const output::OutputSpec& output,
                              const Loading& loading) {
  auto stage = load_stage(onnx, loading.model);
  if (!stage) return fail(stage.error());
  return make(std::move(*stage), input, output, loading.preprocessors);
}

Result<TensorView> Program::prepare(const input::InputView& input) {
  const auto placement = preprocessor_->run(input, input_.mutable_view());
  if (!placement) return fail(placement.error());
  source_ = {input::extent_of(input), *placement};
  return input_.view();
}

Result<std::vector<output::OutputTensor>> Program::decode(std::span<const output::ModelOutput> outputs) {
  return decoder_->decode(outputs, source_);
}

Result<std::vector<output::OutputTensor>> Program::run(const input::InputView& input) {
  const auto tensor = prepare(input);
  if (!tensor) return fail(tensor.error());
  if (auto ran = run_stage(std::array{*tensor}); !ran) return fail(ran.error());
  return decode_stage();
}

Result<void> Program::run_stage(std::span<const TensorView> inputs) {
  if (stage_ == nullptr) return fail(ErrorCode::kEngineUnavailable, "this program has no engine of its own");
  return stage_->run(inputs);
}

Result<std::vector<output::OutputTensor>> Program::decode_stage() {
  if (stage_ == nullptr) return fail(ErrorCode::kEngineUnavailable, "this program has no engine of its own");
  outputs_.clear();
  for (std::size_t i = 0; i < stage_->outputs().size(); ++i) {
    outputs_.push_back({stage_->outputs()[i].name, stage_->output(i)});
  }
  return decode(outputs_);
}

Result<std::vector<output::OutputTensor>> Program::raw_outputs() const {
  if (stage_ == nullptr) return fail(ErrorCode::kEngineUnavailable, "this program has no engine of its own");
  std::vector<output::OutputTensor> outputs;
  outputs.reserve(stage_->outputs().size());
  for (std::size_t i = 0; i < stage_->outputs().size(); ++i) {
    auto copy = Tensor::copy_of(stage_->output(i));
    if (!copy) return fail(copy.error());
    outputs.push_back({stage_->outputs()[i].name, std::move(*copy)});
  }
  return outputs;
}

}  // namespace sluice::run
