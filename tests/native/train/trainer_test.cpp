#include "tests/native/train/doctest_with_torch.hpp"

#include "native/train/trainer.hpp"

#include <vector>

#include "native/train/export_check.hpp"
#include "native/train/fit.hpp"
#include "native/train/gate_export.hpp"
#include "native/train/gate_loss.hpp"
#include "native/train/random.hpp"
#include "tests/native/temporary_folder.hpp"

using sluice::test::TemporaryFolder;
using sluice::train::EpochReport;
using sluice::train::Sample;
using sluice::train::SampleStore;

namespace {

constexpr std::uint32_t kStoreSide = 32;

// Noise, with a bright square where a picture needs the model.
SampleStore make_store(const std::filesystem::path& file, std::size_t count) {
  auto store = SampleStore::open(file, "toy", kStoreSide, kStoreSide);
  REQUIRE(store.has_value());
  sluice::train::Random random(5);
  for (std::size_t n = 0; n < count; ++n) {
    std::vector<std::uint8_t> planes(store->picture_bytes());
    for (auto& value : planes) value = static_cast<std::uint8_t>(random.uniform(0, 120));
    Sample sample;
    sample.block = static_cast<std::uint32_t>(n);
    sample.needed = n % 2 == 0;
    if (sample.needed) {
      const std::size_t left = random.index(kStoreSide - 8);
      const std::size_t top = random.index(kStoreSide - 8);
      for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t y = top; y < top + 8; ++y) {
          for (std::size_t x = left; x < left + 8; ++x) planes[(c * kStoreSide + y) * kStoreSide + x] = 240;
        }
      }
      sluice::output::Detection place;
      place.x0 = static_cast<float>(left) / kStoreSide;
      place.y0 = static_cast<float>(top) / kStoreSide;
      place.x1 = place.x0 + 0.25F;
      place.y1 = place.y0 + 0.25F;
      place.score = 0.9F;
      sample.places.push_back(place);
    }
    REQUIRE(store->append(sample, planes).has_value());
  }
  return std::move(*store);
}

sluice::train::TrainOptions options() {
  sluice::train::TrainOptions train;
  train.design = sluice::train::default_gate(kStoreSide, kStoreSide);
  train.epochs = 5;
  train.batch = 16;
  train.threads = 1;
  return train;
}

const auto kNoSteps = [](std::size_t, std::size_t) {};

}  // namespace

TEST_CASE("the loss falls, and the exported network computes what LibTorch computes") {
  TemporaryFolder folder;
  const SampleStore store = make_store(folder.path() / "s", 200);
  const SampleStore* stores[] = {&store};
  std::vector<EpochReport> epochs;
  auto trained = sluice::train::train_gate(
      stores, options(), folder.path() / "gate", "key", [&](const EpochReport& r) { epochs.push_back(r); }, kNoSteps);
  REQUIRE_MESSAGE(trained.has_value(), trained.error().message);
  REQUIRE(epochs.size() == 5);
  CHECK(epochs.back().loss < 0.7 * epochs.front().loss);

  const std::string onnx = sluice::train::export_gate(trained->network);
  const auto difference =
      sluice::train::compare_export(onnx, trained->network, torch::rand({8, 3, kStoreSide, kStoreSide}) * 2 - 1);
  REQUIRE_MESSAGE(difference.has_value(), difference.error().message);
  CHECK(*difference <= 1e-4F);
}

TEST_CASE("training goes on from its checkpoint and starts anew under another key") {
  TemporaryFolder folder;
  const SampleStore store = make_store(folder.path() / "s", 60);
  const SampleStore* stores[] = {&store};
  auto train = options();
  train.epochs = 2;
  std::vector<std::uint32_t> epochs;
  const auto note = [&](const EpochReport& report) { epochs.push_back(report.epoch); };
  REQUIRE(sluice::train::train_gate(stores, train, folder.path() / "gate", "a", note, kNoSteps).has_value());
  train.epochs = 3;
  REQUIRE(sluice::train::train_gate(stores, train, folder.path() / "gate", "a", note, kNoSteps).has_value());
  CHECK(epochs == std::vector<std::uint32_t>{1, 2, 3});
  REQUIRE(sluice::train::train_gate(stores, train, folder.path() / "gate", "b", note, kNoSteps).has_value());
  CHECK(epochs == std::vector<std::uint32_t>{1, 2, 3, 1, 2, 3});
}

TEST_CASE("the same seed trains the same network") {
  TemporaryFolder folder;
  const SampleStore store = make_store(folder.path() / "s", 60);
  const SampleStore* stores[] = {&store};
  auto train = options();
  train.epochs = 1;
  const auto ignore = [](const EpochReport&) {};
  auto first = sluice::train::train_gate(stores, train, folder.path() / "first", "k", ignore, kNoSteps);
  auto second = sluice::train::train_gate(stores, train, folder.path() / "second", "k", ignore, kNoSteps);
  REQUIRE((first && second));
  CHECK(sluice::train::export_gate(first->network) == sluice::train::export_gate(second->network));
}

TEST_CASE("training starts from an earlier network when it is given one") {
  TemporaryFolder folder;
  const SampleStore store = make_store(folder.path() / "s", 200);
  const SampleStore* stores[] = {&store};
  const auto ignore = [](const EpochReport&) {};
  auto train = options();
  const auto first = sluice::train::train_gate(stores, train, folder.path() / "first", "k", ignore, kNoSteps);
  REQUIRE(first.has_value());
  train.epochs = 1;
  train.start_from = folder.path() / "first.best.pt";
  const auto second = sluice::train::train_gate(stores, train, folder.path() / "second", "k", ignore, kNoSteps);
  train.start_from.clear();
  const auto anew = sluice::train::train_gate(stores, train, folder.path() / "third", "k", ignore, kNoSteps);
  REQUIRE((second && anew));
  CHECK(second->best.loss < 0.7 * anew->best.loss);
  train.start_from = folder.path() / "nowhere.pt";
  CHECK_FALSE(sluice::train::train_gate(stores, train, folder.path() / "fourth", "k", ignore, kNoSteps).has_value());
}

TEST_CASE("targets mark where something was found, and leave its rim and weak finds out") {
  const auto design = sluice::train::default_gate(64, 64);  // 8 x 8 places
  Sample sample;
  sample.needed = true;
  sluice::output::Detection sure;
  sure.x0 = 0.0F;
  sure.x1 = 0.5F;
  sure.y0 = 0.0F;
  sure.y1 = 0.5F;
  sure.score = 0.9F;
  sluice::output::Detection weak = sure;
  weak.x0 = weak.y0 = 0.75F;
  weak.x1 = weak.y1 = 1.0F;
  weak.score = 0.2F;
  sample.places = {sure, weak};
  const bool upright[] = {false};
  const bool mirrored[] = {true};
  const auto targets = sluice::train::make_targets({&sample, 1}, upright, design, 0.5F);
  const auto place = targets.place.accessor<float, 3>();
  const auto weight = targets.weight.accessor<float, 3>();
  CHECK(place[0][1][1] == 1.0F);
  CHECK(weight[0][1][1] == 1.0F);
  CHECK(place[0][0][4] == 0.0F);
  CHECK(weight[0][0][4] == 0.0F);  // the rim
  CHECK(weight[0][6][6] == 0.0F);  // the weak find
  CHECK(place[0][6][6] == 0.0F);
  CHECK(weight[0][6][1] == 1.0F);  // empty for sure
  const auto flipped = sluice::train::make_targets({&sample, 1}, mirrored, design, 0.5F);
  CHECK(flipped.place.accessor<float, 3>()[0][1][6] == 1.0F);
  CHECK(flipped.place.accessor<float, 3>()[0][1][1] == 0.0F);
}

TEST_CASE("a damaged store and missing pictures are errors, not crashes") {
  TemporaryFolder folder;
  const SampleStore store = make_store(folder.path() / "s", 4);
  CHECK_FALSE(store.read(4, {}).has_value());
  auto empty = SampleStore::open(folder.path() / "empty", "k", kStoreSide, kStoreSide);
  REQUIRE(empty.has_value());
  const SampleStore* stores[] = {&*empty};
  const auto refused =
      sluice::train::train_gate(stores, options(), folder.path() / "g", "k", [](const EpochReport&) {}, kNoSteps);
  CHECK(refused.error().code == sluice::ErrorCode::kInvalidArgument);
  auto mutable_store = SampleStore::open(folder.path() / "s", "toy", kStoreSide, kStoreSide);
  REQUIRE(mutable_store.has_value());
  CHECK(mutable_store->size() == 4);
  CHECK_FALSE(mutable_store->append({}, std::vector<std::uint8_t>(5)).has_value());
  CHECK(SampleStore::open(folder.path() / "s", "another key", kStoreSide, kStoreSide)->size() == 0);
}
