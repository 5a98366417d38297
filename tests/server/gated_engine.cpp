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

bool Gate::await_waiting(int runs) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return waiting_ >= runs; });
}

void Gate::pass() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return open_; });
  --waiting_;
}

namespace {

class GatedRunner final : public server::Runner {
 public:
  GatedRunner(std::unique_ptr<Runner> runner, std::shared_ptr<Gate> gate)
      : runner_(std::move(runner)), gate_(std::move(gate)) {}
  Result<void> run(std::span<const TensorView> inputs) override {
    gate_->pass();
    return runner_->run(inputs);
  }
  TensorView output(std::size_t index) const override { return runner_->output(index); }

 private:
  std::unique_ptr<Runner> runner_;
  std::shared_ptr<Gate> gate_;
};

class GatedModel final : public server::LoadedModel {
 public:
  GatedModel(std::shared_ptr<LoadedModel> model, std::shared_ptr<Gate> gate)
      : model_(std::move(model)), gate_(std::move(gate)) {}
  std::span<const model::TensorInfo> inputs() const override { return model_->inputs(); }
  std::span<const model::TensorInfo> outputs() const override { return model_->outputs(); }
  Result<std::unique_ptr<server::Runner>> make_runner() override {
    auto runner = model_->make_runner();
    if (!runner) return fail(runner.error());
    return std::make_unique<GatedRunner>(std::move(*runner), gate_);
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
