// Where a classifier with exits is cut: every place is tried, what ships is what was measured, and what cannot be is said.
#include "native/train/exits/cut_choice.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

#include "core/pipeline/exit_cut.hpp"
#include "tests/core/exit/toy_exits.hpp"
#include "tests/native/exit_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
namespace fitting = sluice::train::exits;
using sluice::exits::testing::kSide;
using sluice::test::TemporaryFolder;

namespace {

// Pictures of one colour each, whose class, the strongest of the three, is clear.
eval::LabelledPictures coloured(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> strong(200, 255);
  std::uniform_int_distribution<int> weak(0, 120);
  eval::LabelledPictures pictures{kSide, kSide, {}, {}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    const int label = static_cast<int>(i % 3);
    std::array<int, 3> colour{};
    for (int c = 0; c < 3; ++c) colour[static_cast<std::size_t>(c)] = c == label ? strong(random) : weak(random);
    for (std::int64_t pixel = 0; pixel < kSide * kSide; ++pixel) {
      for (const int value : colour) pictures.pixels.push_back(static_cast<std::uint8_t>(value));
    }
    pictures.labels.push_back(label);
  }
  return pictures;
}

bundle::Bundle toy(const TemporaryFolder& folder) {
  test::write_exit_bundle(folder.path() / "exits");
  auto bundle = bundle::read_bundle(folder.path() / "exits");
  REQUIRE(bundle);
  return *std::move(bundle);
}

constexpr std::array kTargets{0.8, 0.9, 0.99999};

Result<void> cut(const fitting::Options& options, bundle::Bundle& bundle) {
  train::ProgressLog silence(nullptr);
  return fitting::add_cut(options, coloured(90, 1), coloured(600, 2), kTargets, {}, bundle, silence);
}

}  // namespace

TEST_CASE("a place is chosen for a device and a link, and the section with its part is what loads on both ends") {
  const TemporaryFolder folder;
  bundle::Bundle bundle = toy(folder);
  fitting::Options options;
  options.cut = "auto";
  const auto done = cut(options, bundle);
  REQUIRE_MESSAGE(done.has_value(), (done ? std::string() : describe(done.error())));
  REQUIRE(bundle.manifest.exits->cut.has_value());
  const pipeline::ExitCutSpec& spec = *bundle.manifest.exits->cut;
  CHECK(spec.coding == "cut");
  CHECK(spec.values.size() >= 4);
  REQUIRE(spec.points.size() == 2);  // nothing of 300 pictures shows the third target
  CHECK(spec.points[0].target == 0.8F);
  CHECK(spec.points[0].thresholds.size() == 2);
  CHECK(spec.points[0].thresholds[0] < 1);
  const run::Loading loading = run::full_loading();
  const Bytes model = bundle.part("model");
  const Bytes branches = bundle.part("branches");
  CHECK(pipeline::load_cut_exits(bundle.manifest, model, branches, bundle.part("cut"), false, loading).has_value());
  CHECK(pipeline::make_cut_decoder(bundle.manifest, bundle.part("cut")).has_value());
  CHECK(pipeline::load_behind_cut(bundle.manifest, model, branches, loading.model).has_value());
  CHECK(bundle::replace_bundle(folder.path() / "written", std::move(bundle)).has_value());
  const auto again = bundle::read_bundle(folder.path() / "written");
  REQUIRE_MESSAGE(again.has_value(), (again ? std::string() : describe(again.error())));
  CHECK(again->manifest.exits->cut.has_value());
}

TEST_CASE("a slow device stops early, and a place may be named") {
  const TemporaryFolder folder;
  bundle::Bundle early = toy(folder);
  fitting::Options options;
  options.cut = "auto";
  options.cut_device_mmacs = 1e-6;
  REQUIRE(cut(options, early));
  CHECK(early.manifest.exits->cut->place == 0);
  bundle::Bundle named = toy(folder);
  options.cut = "relu_1";
  REQUIRE(cut(options, named));
  CHECK(named.manifest.exits->cut->place == 1);
}

TEST_CASE("a place without an exit, and an agreement that no coding leaves, are refused by their names") {
  const TemporaryFolder folder;
  bundle::Bundle bundle = toy(folder);
  fitting::Options options;
  options.cut = "relu_2";
  const auto nowhere = cut(options, bundle);
  REQUIRE_FALSE(nowhere.has_value());
  CHECK(nowhere.error().message == "--cut is 'relu_2', where no exit stands; they stand at 'relu_0', 'relu_1'");
  options.cut = "auto";
  options.cut_agreement = 1.1;  // more than all
  const auto never = cut(options, bundle);
  REQUIRE_FALSE(never.has_value());
  CHECK(never.error().message.find("no coding of up to 16 symbols leaves") != std::string::npos);
  CHECK_FALSE(bundle.manifest.exits->cut.has_value());
}
