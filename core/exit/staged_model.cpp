#include "core/exit/staged_model.hpp"

#include <array>
#include <utility>

#include "core/base/text.hpp"
#include "core/tensor/shape.hpp"

namespace sluice::exits {
namespace {

Error at_place(const ExitPlace& place, const Error& why) {
  return {why.code, join_text({"place '", place.tensor, "', exit '", place.exit, "': ", why.message})};
}

// The last dimension of logits [1, classes], where it is known before a run; otherwise 0.
std::size_t classes_of(const model::TensorInfo& info) {
  if (info.type != DataType::kFloat32 || info.dims.size() != 2 || info.dims[1] < 0) return 0;
  return static_cast<std::size_t>(info.dims[1]);
}

}  // namespace

Result<StagedModel> StagedModel::load(Bytes model, Bytes branches, std::span<const ExitPlace> places,
                                      const model::LoadOptions& options) {
  return load(model, branches, places, options, true);
}

Result<StagedModel> StagedModel::load_first(Bytes model, Bytes branches, std::span<const ExitPlace> places,
                                            const model::LoadOptions& options) {
  return load(model, branches, places, options, false);
}

Result<StagedModel> StagedModel::load(Bytes model, Bytes branches, std::span<const ExitPlace> places,
                                      const model::LoadOptions& options, bool whole) {
  model::LoadOptions single = options;
  single.batch = 1;
  StagedModel made;
  std::string from;
  {
    const auto all = model::Model::load(model, single);
    if (!all) return fail(all.error());
    if (all->inputs().size() != 1 || all->outputs().size() != 1) {
      return fail(ErrorCode::kShapeMismatch, {"the model has ", all->inputs().size(), " inputs and ",
                                              all->outputs().size(), " outputs; a classifier has one of each"});
    }
    from = all->inputs()[0].name;
    made.output_ = all->outputs()[0];
    made.whole_cost_ = all->stats().multiply_adds;
  }
  for (const ExitPlace& place : places) {
    auto stage = model::Model::load(model, model::Cut{{from}, {place.tensor}}, single);
    if (!stage) return fail(at_place(place, stage.error()));
    made.stages_.push_back(std::move(*stage));
    auto branch = model::Model::load(branches, model::Cut{{place.tensor}, {place.exit}}, single);
    if (!branch) return fail(at_place(place, branch.error()));
    made.branches_.push_back(std::move(*branch));
    from = place.tensor;
  }
  if (whole) {
    auto rest = model::Model::load(model, model::Cut{{from}, {made.output_.name}}, single);
    if (!rest) return fail(places.empty() ? rest.error() : at_place(places.back(), rest.error()));
    made.stages_.push_back(std::move(*rest));
  }
  if (auto checked = made.check_classes(places); !checked) return fail(checked.error());
  return made;
}

Result<void> StagedModel::check_classes(std::span<const ExitPlace> places) {
  classes_ = classes_of(output());
  if (classes_ < 2) {
    return fail(ErrorCode::kShapeMismatch,
                {"the model's output '", output().name, "' is ", type_name(output().type), " ",
                 dims_text(output().dims), "; a classifier gives float32 [1, classes]"});
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    const model::TensorInfo& made = stages_[i].outputs()[0];
    const model::TensorInfo& read = branches_[i].inputs()[0];
    if (made.type != read.type || made.dims != read.dims) {
      return fail(
          at_place(places[i], {ErrorCode::kShapeMismatch,
                               join_text({"the model gives ", type_name(made.type), " ", dims_text(made.dims),
                                          ", the exit reads ", type_name(read.type), " ", dims_text(read.dims)})}));
    }
    if (const std::size_t classes = classes_of(branches_[i].outputs()[0]); classes != classes_) {
      return fail(at_place(
          places[i], {ErrorCode::kShapeMismatch, join_text({"it gives ", classes, " classes; the model ", classes_})}));
    }
  }
  return {};
}

Result<void> StagedModel::begin(const TensorView& input) {
  at_ = 0;
  return run_stage(input);
}

Result<void> StagedModel::begin_behind(std::size_t place, const TensorView& tensor) {
  if (place + 1 >= stages_.size()) {
    return fail(ErrorCode::kInvalidArgument, {"no stage stands behind place ", place, " of ", branches_.size()});
  }
  at_ = place + 1;
  return run_stage(tensor);
}

Result<void> StagedModel::advance() {
  if (at_ == 0 || at_ == stages_.size()) {
    return fail(ErrorCode::kInvalidArgument,
                at_ == 0 ? "no input has begun" : "the model has been run to the end of its stages");
  }
  return run_stage(stages_[at_ - 1].output(0));
}

Result<void> StagedModel::run_stage(const TensorView& input) {
  model::Model& stage = stages_[at_];
  if (auto ran = stage.run(std::array{input}); !ran) return ran;
  ++at_;
  ++counts_.stages;
  counts_.multiply_adds += stage.stats().multiply_adds;
  return {};
}

Result<std::span<const float>> StagedModel::ask_exit() {
  if (at_ == 0 || finished()) {
    return fail(ErrorCode::kInvalidArgument, {"there is no exit behind ", at_, " of ", stages_.size(), " stages"});
  }
  model::Model& branch = branches_[at_ - 1];
  if (auto ran = branch.run(std::array{stages_[at_ - 1].output(0)}); !ran) return fail(ran.error());
  ++counts_.branches;
  counts_.multiply_adds += branch.stats().multiply_adds;
  return branch.output(0).as<float>();
}

}  // namespace sluice::exits
