#include "server/engine/xnnpack_engine.hpp"

#include <utility>
#include <vector>

#include "core/model/kernel.hpp"
#include "core/run/stage.hpp"

namespace sluice::server {

namespace {

Result<std::unique_ptr<run::Stage>> load_stage(Bytes onnx) {
  model::LoadOptions options;
  options.operators = model::all_operators();
  return run::load_stage(onnx, options);
}

class XnnpackModel final : public LoadedModel {
 public:
  XnnpackModel(Bytes onnx, const run::Stage& stage)
      : onnx_(onnx),
        inputs_(stage.inputs().begin(), stage.inputs().end()),
        outputs_(stage.outputs().begin(), stage.outputs().end()) {}
  std::span<const model::TensorInfo> inputs() const override { return inputs_; }
  std::span<const model::TensorInfo> outputs() const override { return outputs_; }
  Result<std::unique_ptr<run::Stage>> make_stage() override { return load_stage(onnx_); }

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
    const auto stage = load_stage(onnx);
    if (!stage) return fail(stage.error());
    return std::make_shared<XnnpackModel>(onnx, **stage);
  }
};

}  // namespace

std::unique_ptr<Engine> make_xnnpack_engine() { return std::make_unique<XnnpackEngine>(); }

}  // namespace sluice::server
