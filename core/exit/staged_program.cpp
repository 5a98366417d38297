#include "core/exit/staged_program.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/run/network.hpp"

namespace sluice::exits {
namespace {

Result<output::OutputTensor> floats(std::string name, std::span<const float> values, const Shape& shape) {
  const auto view = view_of(values, shape);
  if (!view) return fail(view.error());
  auto copy = Tensor::copy_of(*view);
  if (!copy) return fail(copy.error());
  return output::OutputTensor{std::move(name), *std::move(copy)};
}

}  // namespace

StagedProgram::StagedProgram(StagedModel model, ExitRule rule, std::unique_ptr<input::Preprocessor> preprocessor,
                             Tensor input)
    : model_(std::move(model)), rule_(rule), preprocessor_(std::move(preprocessor)), input_(std::move(input)) {}

Result<StagedProgram> StagedProgram::make(StagedModel model, ExitRule rule, const input::InputSpec& spec,
                                          std::span<const input::PreprocessorRow> preprocessors) {
  auto preprocessor = input::make_preprocessor(spec, preprocessors);
  if (!preprocessor) return fail(preprocessor.error());
  const DataType type = (*preprocessor)->tensor_type();
  const Shape shape = (*preprocessor)->tensor_shape();
  if (auto fits = run::check_single_input(std::span(&model.input(), 1), type, shape); !fits) return fail(fits.error());
  auto tensor = Tensor::create(type, shape);
  if (!tensor) return fail(tensor.error());
  return StagedProgram(std::move(model), rule, *std::move(preprocessor), *std::move(tensor));
}

Result<std::vector<output::OutputTensor>> StagedProgram::run(std::uint64_t key, const input::InputView& input,
                                                             std::uint32_t stage, bool with_exit) {
  if (auto ran = run_stage(key, input, stage); !ran) {
    holds_ = false;
    return fail(ran.error());
  }
  if (!model_.finished()) return with_exit ? ask_exit() : std::vector<output::OutputTensor>{};
  auto own = Tensor::copy_of(model_.answer());
  if (!own) return fail(own.error());
  std::vector<output::OutputTensor> outputs;
  outputs.push_back({model_.output().name, *std::move(own)});
  return outputs;
}

Result<void> StagedProgram::set_cut(std::size_t place, split::FeatureCoder coder) {
  if (place >= model_.exits()) {
    return fail(ErrorCode::kInvalidArgument, {"a cut at place ", place, "; the model has ", model_.exits()});
  }
  const model::TensorInfo& tensor = model_.tensor(place);
  const Shape coded = coder.tensor_shape();
  if (tensor.type != DataType::kFloat32 || !std::ranges::equal(tensor.dims, coded.dims())) {
    return fail(ErrorCode::kShapeMismatch, {"the model gives ", type_name(tensor.type), " ", dims_text(tensor.dims),
                                            " at '", tensor.name, "'; what is coded is float32 ", to_string(coded)});
  }
  coder_ = std::move(coder);
  return {};
}

Result<std::vector<output::OutputTensor>> StagedProgram::code(std::uint64_t key, std::uint32_t stage) {
  if (!coder_) return fail(ErrorCode::kInvalidArgument, "the model is not cut, and nothing of it is coded");
  if (!holds_ || key != key_ || stage + std::size_t{1} != model_.at()) {
    return fail(ErrorCode::kInvalidArgument,
                {"what stage ", stage, " left was asked for, and it did not run just before"});
  }
  const auto payload = coder_->code(model_.reached());
  if (!payload) return fail(payload.error());
  auto copy = Tensor::create(DataType::kUint8, {static_cast<std::int64_t>(payload->size())});
  if (!copy) return fail(copy.error());
  std::ranges::copy(*payload, copy->mutable_view().bytes.begin());
  std::vector<output::OutputTensor> outputs;
  outputs.push_back({"cut", *std::move(copy)});
  return outputs;
}

Result<void> StagedProgram::run_stage(std::uint64_t key, const input::InputView& input, std::uint32_t stage) {
  if (stage != 0) {
    if (holds_ && key == key_ && stage == model_.at()) return model_.advance();
    return fail(ErrorCode::kInvalidArgument,
                {"stage ", stage, " was asked for, and the one before it did not run just before"});
  }
  holds_ = true;
  key_ = key;
  const auto placement = preprocessor_->run(input, input_.mutable_view());
  if (!placement) return fail(placement.error());
  return model_.begin(input_.view());
}

Result<std::vector<output::OutputTensor>> StagedProgram::ask_exit() {
  const auto logits = model_.ask_exit();
  if (!logits) return fail(logits.error());
  const auto sure = confidence(rule_, *logits);
  if (!sure) return fail(sure.error());
  auto own = floats(model_.output().name, *logits, {1, static_cast<std::int64_t>(logits->size())});
  if (!own) return fail(own.error());
  auto said = floats("confidence", std::span(&*sure, 1), {1});
  if (!said) return fail(said.error());
  std::vector<output::OutputTensor> outputs;
  outputs.push_back(*std::move(own));
  outputs.push_back(*std::move(said));
  return outputs;
}

std::uint64_t StagedProgram::model_multiply_adds() const {
  if (model_.stages() == model_.exits()) return model_.whole_cost();  // what follows is not here
  std::uint64_t sum = 0;
  for (std::size_t stage = 0; stage < model_.stages(); ++stage) sum += model_.stage_cost(stage);
  return sum;
}

}  // namespace sluice::exits
