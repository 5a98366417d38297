#include "tests/server/gated_engine.hpp"

#include <chrono>
#include <utility>

namespace sluice::test {

void Gate::close() {
  const std::lock_guard lock(mutex_);
  open_ = false;
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

bool Gate::let_through(int runs) {
  std::unique_lock lock(mutex_);
  let_through_ = runs;
  changed_.notify_all();
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return let_through_ == 0; });
}

bool Gate::await_waiting(int runs) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return waiting_ >= runs; });
}

void Gate::pass() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return open_ || let_through_ > 0; });
  if (!open_ && --let_through_ == 0) changed_.notify_all();
  --waiting_;
}

namespace {

class GatedStage final : public run::Stage {
 public:
  GatedStage(std::unique_ptr<Stage> stage, std::shared_ptr<Gate> gate)
      : stage_(std::move(stage)), gate_(std::move(gate)) {}
  std::span<const model::TensorInfo> inputs() const override { return stage_->inputs(); }
  std::span<const model::TensorInfo> outputs() const override { return stage_->outputs(); }
  Result<void> run(std::span<const TensorView> inputs) override {
    gate_->pass();
    return stage_->run(inputs);
  }
  TensorView output(std::size_t index) const override { return stage_->output(index); }

 private:
  std::unique_ptr<Stage> stage_;
  std::shared_ptr<Gate> gate_;
};

class GatedModel final : public server::LoadedModel {
 public:
  GatedModel(std::shared_ptr<LoadedModel> model, std::shared_ptr<Gate> gate)
      : model_(std::move(model)), gate_(std::move(gate)) {}
  std::span<const model::TensorInfo> inputs() const override { return model_->inputs(); }
  std::span<const model::TensorInfo> outputs() const override { return model_->outputs(); }
  Result<std::unique_ptr<run::Stage>> make_stage() override {
    auto stage = model_->make_stage();
    if (!stage) return fail(stage.error());
    return std::make_unique<GatedStage>(std::move(*stage), gate_);
  }

 private:
  std::shared_ptr<LoadedModel> model_;
  std::shared_ptr<Gate> gate_;
};

class GatedEngine final : public server::Engine {
 public:
  GatedEngine(std::unique_ptr<Engine> engine, std::shared_ptr<Gate> gate)
      : engine_(std::move(engine)), gate_(std::move(gate)) {}
  std::string_view name() const override { return engine_->name(); }
  std::string_view version() const override { return engine_->version(); }
  bool borrows_models() const override { return engine_->borrows_models(); }
  Result<std::shared_ptr<server::LoadedModel>> load(Bytes onnx) override {
    auto model = engine_->load(onnx);
    if (!model) return fail(model.error());
    return std::make_shared<GatedModel>(std::move(*model), gate_);
  }

 private:
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Gate> gate_;
};

}  // namespace

std::unique_ptr<server::Engine> gated(std::unique_ptr<server::Engine> engine, std::shared_ptr<Gate> gate) {
  return std::make_unique<GatedEngine>(std::move(engine), std::move(gate));
}

}  // namespace sluice::test
