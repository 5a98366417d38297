#include "server/engine/xnnpack_engine.hpp"

#include <utility>
#include <vector>

#include "core/model/kernel.hpp"
#include "core/model/model.hpp"

namespace sluice::server {

namespace {

Result<model::Model> load_model(Bytes onnx) {
  model::LoadOptions options;
  options.operators = model::all_operators();
  return model::Model::load(onnx, options);
}

class XnnpackRunner final : public Runner {
 public:
  explicit XnnpackRunner(model::Model model) : model_(std::move(model)) {}
  Result<void> run(std::span<const TensorView> inputs) override {
    if (auto ok = check_inputs(model_.inputs(), inputs); !ok) return ok;
    return model_.run(inputs);
  }
  TensorView output(std::size_t index) const override { return model_.output(index); }

 private:
  model::Model model_;
};

class XnnpackModel final : public LoadedModel {
 public:
  XnnpackModel(Bytes onnx, const model::Model& model)
      : onnx_(onnx),
        inputs_(model.inputs().begin(), model.inputs().end()),
        outputs_(model.outputs().begin(), model.outputs().end()) {}
  std::span<const model::TensorInfo> inputs() const override { return inputs_; }
  std::span<const model::TensorInfo> outputs() const override { return outputs_; }
  Result<std::unique_ptr<Runner>> make_runner() override {
    auto model = load_model(onnx_);
    if (!model) return fail(model.error());
    return std::make_unique<XnnpackRunner>(std::move(*model));
  }

 private:
  Bytes onnx_;
  std::vector<model::TensorInfo> inputs_;
  std::vector<model::TensorInfo> outputs_;
};

class XnnpackEngine final : public Engine {
 public:
  std::string_view name() const override { return "xnnpack"; }
  std::string_view version() const override { return "2024-11-08"; }
  Result<std::shared_ptr<LoadedModel>> load(Bytes onnx) override {
    const auto model = load_model(onnx);
    if (!model) return fail(model.error());
    return std::make_shared<XnnpackModel>(onnx, *model);
  }
};

}  // namespace

std::unique_ptr<Engine> make_xnnpack_engine() { return std::make_unique<XnnpackEngine>(); }

}  // namespace sluice::server
