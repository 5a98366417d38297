// The memory for models by itself: sizes that turn out otherwise than stated, leases, and what is let go.
#include "server/models/model_memory.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <utility>

#include "server/clock.hpp"
#include "server/models/model_registry.hpp"
#include "server/models/model_signature.hpp"
#include "tests/server/ballast_model.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::size_t kMb = std::size_t{1} << 20;

// Real models, of which the engine says what they take.
class WeighedModel final : public server::LoadedModel {
 public:
  WeighedModel(std::shared_ptr<LoadedModel> model, std::size_t bytes) : model_(std::move(model)), bytes_(bytes) {}
  std::span<const model::TensorInfo> inputs() const override { return model_->inputs(); }
  std::span<const model::TensorInfo> outputs() const override { return model_->outputs(); }
  Result<std::unique_ptr<run::Stage>> make_stage() override { return model_->make_stage(); }
  std::size_t memory_bytes() const override { return bytes_; }

 private:
  std::shared_ptr<LoadedModel> model_;
  const std::size_t bytes_;
};

class WeighingEngine final : public server::Engine {
 public:
  std::size_t bytes = 0;  // of what is loaded next

  std::string_view name() const override { return engine_->name(); }
  std::string_view version() const override { return engine_->version(); }
  bool borrows_models() const override { return engine_->borrows_models(); }
  Result<std::shared_ptr<server::LoadedModel>> load(Bytes onnx) override {
    auto model = engine_->load(onnx);
    if (!model) return fail(model.error());
    return std::make_shared<WeighedModel>(std::move(*model), bytes);
  }

 private:
  std::unique_ptr<Engine> engine_ = real_engine();
};

struct Scene {
  explicit Scene(std::size_t budget_bytes, int bundles) {
    options.residency.budget_bytes = budget_bytes;
    for (int i = 0; i < bundles; ++i) {
      write_plain_bundle(folder.path(), "m" + std::to_string(i), ballast_onnx(kMb), kBallastSide);
    }
    models.emplace(folder.path(), server::ModelOptions{}, engine, metrics, options);
    REQUIRE(models->reload());
  }

  server::ModelPlace& place(int bundle) { return models->acquire("m" + std::to_string(bundle))->place(); }
  bool resident(int bundle) { return place(bundle).where() == server::ModelWhere::kResident; }

  TemporaryFolder folder;
  WeighingEngine engine;
  server::Metrics metrics;
  server::MemoryOptions options;
  std::optional<server::ModelRegistry> models;
};

}  // namespace

TEST_CASE("a model that takes more than its files say makes the others go, and counts so from then on") {
  Scene scene(8 * kMb, 4);
  for (int i = 0; i < 3; ++i) REQUIRE(scene.place(i).load_now());
  CHECK(scene.resident(0));
  scene.engine.bytes = 6 * kMb;
  REQUIRE(scene.place(3).load_now());
  CHECK(scene.resident(3));
  CHECK(int{scene.resident(0)} + int{scene.resident(1)} + int{scene.resident(2)} == 1);
}

TEST_CASE("a model that takes more than there is goes again, and is refused from then on") {
  Scene scene(8 * kMb, 2);
  REQUIRE(scene.place(0).load_now());
  scene.engine.bytes = 9 * kMb;
  const auto refused = scene.place(1).load_now();
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::kModelTooLarge);
  CHECK(refused.error().message.find("m1") != std::string::npos);
  const auto claim = scene.place(1).ask(server::ModelPlace::Wish::kNow);
  REQUIRE(claim.refusal);
  CHECK(claim.refusal->code == ErrorCode::kModelTooLarge);
  CHECK(scene.place(1).where() == server::ModelWhere::kCold);
  REQUIRE(scene.place(0).load_now());
}

TEST_CASE("a model that is in use stays, whoever comes") {
  Scene scene(2 * kMb + kMb / 2, 3);
  REQUIRE(scene.place(0).load_now());
  auto lease = scene.place(0).use();
  REQUIRE(lease != nullptr);
  for (int i = 1; i < 3; ++i) REQUIRE(scene.place(i).load_now());
  CHECK(scene.resident(0));
  CHECK_FALSE(scene.resident(1));
  CHECK(lease->manifest().name == "m0");
  lease.reset();
  REQUIRE(scene.place(1).load_now());
  CHECK(int{scene.resident(0)} + int{scene.resident(2)} == 1);
}

TEST_CASE("a version whose last lease ends leaves the memory, also from within a use") {
  Scene scene(4 * kMb, 2);
  REQUIRE(scene.place(0).load_now());
  auto served = scene.models->acquire("m0");
  auto lease = served->place().use();
  const std::weak_ptr<const server::ServedModel> gone = served;
  REQUIRE(scene.models->unload("m0"));
  served.reset();
  CHECK(gone.expired());
  CHECK(lease->manifest().name == "m0");
  lease.reset();
  // Its number is another model's now.
  write_plain_bundle(scene.folder.path(), "m2", ballast_onnx(kMb), kBallastSide);
  REQUIRE(scene.models->load("m2"));
  CHECK(scene.resident(2));
  REQUIRE(scene.place(1).load_now());
}

TEST_CASE("a model that another server answers for comes when there is room, or when it was asked for twice of late") {
  constexpr auto kIfPopular = server::ModelPlace::Wish::kIfPopular;
  Scene scene(2 * kMb + kMb / 2, 3);
  const auto first = scene.place(0).ask(kIfPopular);
  CHECK_FALSE(first.lease);
  CHECK_FALSE(first.refusal);
  CHECK(scene.place(0).where() != server::ModelWhere::kCold);
  for (int i = 0; i < 2; ++i) REQUIRE(scene.place(i).load_now());
  const auto once = scene.place(2).ask(kIfPopular);
  CHECK_FALSE(once.lease);
  CHECK_FALSE(once.refusal);
  CHECK(scene.place(2).where() == server::ModelWhere::kCold);
  scene.place(2).ask(kIfPopular);
  CHECK(scene.place(2).where() != server::ModelWhere::kCold);
  REQUIRE(scene.place(2).load_now());
  // Who waits after all has it loaded, however seldom it is asked for.
  const int gone = scene.resident(0) ? 1 : 0;
  CHECK(scene.place(gone).where() == server::ModelWhere::kCold);
  scene.place(gone).wait();
  CHECK(scene.place(gone).where() != server::ModelWhere::kCold);
}

TEST_CASE("what a file says of its model is what the engine says") {
  const std::string onnx = ballast_onnx(64);
  const auto signature = server::read_signature(as_bytes(onnx));
  REQUIRE(signature);
  const auto engine = real_engine();
  const auto model = engine->load(as_bytes(onnx));
  REQUIRE(model);
  const auto same = [](const model::TensorInfo& a, const model::TensorInfo& b) {
    return a.name == b.name && a.type == b.type && a.dims == b.dims;
  };
  CHECK(std::ranges::equal(signature->inputs, (*model)->inputs(), same));
  CHECK(std::ranges::equal(signature->outputs, (*model)->outputs(), same));
  const std::string& faces = retinaface_onnx();
  const auto detector = server::read_signature(as_bytes(faces));
  REQUIRE(detector);
  CHECK(detector->inputs.size() == 1);
  CHECK(server::read_signature(as_bytes("no model")).error().code == ErrorCode::kMalformedModel);
  CHECK(server::read_signature({}).error().code == ErrorCode::kMalformedModel);
  for (std::size_t size = 0; size < onnx.size(); ++size) {
    static_cast<void>(server::read_signature(as_bytes(std::string_view(onnx).substr(0, size))));
  }
}
