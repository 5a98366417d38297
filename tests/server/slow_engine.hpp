// A real engine whose large models take their time, so that tests of deadlines know which of two is quicker.
#pragma once

#include <cstddef>
#include <memory>

#include "core/base/time.hpp"
#include "server/engine/engine.hpp"

namespace sluice::test {

struct Slowness {
  std::size_t from_bytes = 0;  // models whose files have so many
  Duration load{};             // take so much longer to load
  Duration run{};              // and to run
};

class SlowEngine final : public server::Engine {
 public:
  explicit SlowEngine(const Slowness& slowness);
  std::string_view name() const override { return engine_->name(); }
  std::string_view version() const override { return engine_->version(); }
  bool borrows_models() const override { return engine_->borrows_models(); }
  Result<std::shared_ptr<server::LoadedModel>> load(Bytes onnx) override;

 private:
  std::unique_ptr<server::Engine> engine_;
  const Slowness slowness_;
};

}  // namespace sluice::test
