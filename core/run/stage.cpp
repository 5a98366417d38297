#include "core/run/stage.hpp"

#include <utility>

namespace sluice::run {
namespace {

class ModelStage final : public Stage {
 public:
  explicit ModelStage(model::Model model) : model_(std::move(model)) {}

  std::span<const model::TensorInfo> inputs() const override { return model_.inputs(); }
  std::span<const model::TensorInfo> outputs() const override { return model_.outputs(); }
  Result<void> run(std::span<const TensorView> inputs) override { return model_.run(inputs); }
  TensorView output(std::size_t index) const override { return model_.output(index); }

 private:
  model::Model model_;
};

}  // namespace

Result<std::unique_ptr<Stage>> load_stage(Bytes onnx, const model::LoadOptions& options) {
  auto model = model::Model::load(onnx, options);
  if (!model) return fail(model.error());
  return std::make_unique<ModelStage>(std::move(*model));
}

}  // namespace sluice::run
