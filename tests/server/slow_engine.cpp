#include "tests/server/slow_engine.hpp"

#include <thread>
#include <utility>

#include "tests/server/test_server.hpp"

namespace sluice::test {
namespace {

class SlowStage final : public run::Stage {
 public:
  SlowStage(std::unique_ptr<Stage> stage, Duration pause) : stage_(std::move(stage)), pause_(pause) {}
  std::span<const model::TensorInfo> inputs() const override { return stage_->inputs(); }
  std::span<const model::TensorInfo> outputs() const override { return stage_->outputs(); }
  Result<void> run(std::span<const TensorView> inputs) override {
    std::this_thread::sleep_for(pause_);
    return stage_->run(inputs);
  }
  TensorView output(std::size_t index) const override { return stage_->output(index); }

 private:
  std::unique_ptr<Stage> stage_;
  const Duration pause_;
};

class SlowModel final : public server::LoadedModel {
 public:
  SlowModel(std::shared_ptr<LoadedModel> model, Duration pause) : model_(std::move(model)), pause_(pause) {}
  std::span<const model::TensorInfo> inputs() const override { return model_->inputs(); }
  std::span<const model::TensorInfo> outputs() const override { return model_->outputs(); }
  Result<std::unique_ptr<run::Stage>> make_stage() override {
    auto stage = model_->make_stage();
    if (!stage) return fail(stage.error());
    return std::make_unique<SlowStage>(std::move(*stage), pause_);
  }

 private:
  std::shared_ptr<LoadedModel> model_;
  const Duration pause_;
};

}  // namespace

SlowEngine::SlowEngine(const Slowness& slowness) : engine_(real_engine()), slowness_(slowness) {}

Result<std::shared_ptr<server::LoadedModel>> SlowEngine::load(Bytes onnx) {
  auto model = engine_->load(onnx);
  if (!model || onnx.size() < slowness_.from_bytes) return model;
  std::this_thread::sleep_for(slowness_.load);
  return std::make_shared<SlowModel>(std::move(*model), slowness_.run);
}

}  // namespace sluice::test
