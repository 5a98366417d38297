#include "server/models/cut_model.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/model/kernel.hpp"
#include "core/pipeline/exit_cut.hpp"
#include "core/wire/messages.hpp"

namespace sluice::server {

namespace {

std::array<model::TensorInfo, 2> inputs_of(const exits::StagedBatch& rest) {
  return {rest.input(), model::TensorInfo{"point", DataType::kInt32, {rest.input().dims[0]}}};
}

std::array<model::TensorInfo, 2> outputs_of(const exits::StagedBatch& rest) {
  return {rest.output(), model::TensorInfo{std::string(wire::kExitOutput), DataType::kInt32, {rest.output().dims[0]}}};
}

Result<exits::StagedBatch> load_rest(const pipeline::Manifest& manifest, Bytes model, Bytes branches) {
  model::LoadOptions options;
  options.operators = model::all_operators();
  return pipeline::load_behind_cut(manifest, model, branches, options);
}

class CutStage final : public run::Stage {
 public:
  CutStage(exits::StagedBatch rest, const pipeline::ExitCutSpec& cut)
      : rest_(std::move(rest)), cut_(cut), inputs_(inputs_of(rest_)), outputs_(outputs_of(rest_)) {}

  std::span<const model::TensorInfo> inputs() const override { return inputs_; }
  std::span<const model::TensorInfo> outputs() const override { return outputs_; }

  Result<void> run(std::span<const TensorView> inputs) override {
    if (auto ok = check_inputs(inputs_, inputs); !ok) return ok;
    const auto points = inputs[kCutPointInput].as<std::int32_t>();
    const auto rows = static_cast<std::int64_t>(points.size());
    thresholds_.clear();
    for (const std::int32_t point : points) {
      if (point < 0 || static_cast<std::size_t>(point) >= cut_.points.size()) {
        return fail(ErrorCode::kInvalidArgument, {"point ", point, " of a cut with ", cut_.points.size()});
      }
      thresholds_.push_back(
          std::span(cut_.points[static_cast<std::size_t>(point)].thresholds).subspan(cut_.place + std::size_t{1}));
    }
    if (auto ok = logits_.resize(DataType::kFloat32, {rows, static_cast<std::int64_t>(rest_.classes())}); !ok)
      return ok;
    if (auto ok = stages_.resize(DataType::kInt32, {rows}); !ok) return ok;
    return rest_.run(inputs[kCutTensorInput], thresholds_,
                     [this](std::size_t input, std::uint32_t stage, std::span<const float> logits) {
                       const auto row = logits_.as<float>().subspan(input * logits.size(), logits.size());
                       std::ranges::copy(logits, row.begin());
                       stages_.as<std::int32_t>()[input] = static_cast<std::int32_t>(stage);
                       if (left_) left_(input);
                     });
  }
  TensorView output(std::size_t index) const override { return index == 0 ? logits_.view() : stages_.view(); }
  void tell_of_rows(const std::function<void(std::size_t)>& left) override { left_ = left; }

 private:
  exits::StagedBatch rest_;
  const pipeline::ExitCutSpec& cut_;
  const std::array<model::TensorInfo, 2> inputs_;
  const std::array<model::TensorInfo, 2> outputs_;
  std::vector<exits::StagedBatch::Thresholds> thresholds_;
  Tensor logits_;
  Tensor stages_;
  std::function<void(std::size_t)> left_;
};

class LoadedCut final : public LoadedModel {
 public:
  LoadedCut(const pipeline::Manifest& manifest, Bytes model, Bytes branches, exits::StagedBatch rest)
      : manifest_(manifest),
        model_(model),
        branches_(branches),
        inputs_(inputs_of(rest)),
        outputs_(outputs_of(rest)),
        first_(std::move(rest)) {}

  std::span<const model::TensorInfo> inputs() const override { return inputs_; }
  std::span<const model::TensorInfo> outputs() const override { return outputs_; }
  Result<std::unique_ptr<run::Stage>> make_stage() override {
    const pipeline::ExitCutSpec& cut = *manifest_.exits->cut;
    if (auto first = take_first()) return std::make_unique<CutStage>(*std::move(first), cut);
    auto rest = load_rest(manifest_, model_, branches_);
    if (!rest) return fail(rest.error());
    return std::make_unique<CutStage>(*std::move(rest), cut);
  }

 private:
  std::optional<exits::StagedBatch> take_first() {
    const std::lock_guard lock(mutex_);
    return std::exchange(first_, std::nullopt);
  }

  const pipeline::Manifest& manifest_;
  const Bytes model_;
  const Bytes branches_;
  const std::array<model::TensorInfo, 2> inputs_;
  const std::array<model::TensorInfo, 2> outputs_;
  std::mutex mutex_;                         // guards what follows
  std::optional<exits::StagedBatch> first_;  // loaded to be looked at, until a stage is made of it
};

}  // namespace

Result<CutModel> load_cut_model(const pipeline::Manifest& manifest, Bytes model, Bytes branches) {
  auto rest = load_rest(manifest, model, branches);
  if (!rest) return fail(rest.error());
  const std::size_t weight_bytes = rest->weight_bytes();
  return CutModel{std::make_shared<LoadedCut>(manifest, model, branches, *std::move(rest)), weight_bytes};
}

}  // namespace sluice::server
