// REUSE's distance from training to its cap, on a toy: a bright square wanders over noise, and results are where it is.
#include "tests/native/train/doctest_with_torch.hpp"

#include <array>
#include <vector>

#include "core/model/onnx_writer.hpp"
#include "native/train/calibrate_reuse.hpp"
#include "native/train/embedding_trainer.hpp"
#include "native/train/export_check.hpp"
#include "native/train/gate_export.hpp"
#include "native/train/fit.hpp"
#include "native/train/random.hpp"
#include "native/train/trunk.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::train;
using sluice::test::TemporaryFolder;

namespace {

constexpr std::uint32_t kSide = 32;
constexpr std::uint32_t kSquare = 10;

// Sequences of `pictures` in which the square stands for a while, then jumps.
SampleStore make_sequences(const std::filesystem::path& file, std::uint32_t sequences, std::uint32_t pictures,
                           std::uint64_t seed) {
  auto store = SampleStore::open(file, "toy", kSide, kSide);
  REQUIRE(store.has_value());
  Random random(seed);
  for (std::uint32_t s = 0; s < sequences; ++s) {
    std::size_t left = random.index(kSide - kSquare);
    std::size_t top = random.index(kSide - kSquare);
    for (std::uint32_t p = 0; p < pictures; ++p) {
      if (random.chance(0.25F)) {
        left = random.index(kSide - kSquare);
        top = random.index(kSide - kSquare);
      }
      std::vector<std::uint8_t> planes(store->picture_bytes());
      for (auto& value : planes) value = static_cast<std::uint8_t>(random.uniform(40, 60));
      for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t y = top; y < top + kSquare; ++y) {
          for (std::size_t x = left; x < left + kSquare; ++x) planes[(c * kSide + y) * kSide + x] = 240;
        }
      }
      Sample sample;
      sample.clip = sample.block = s;
      sample.frame = p;
      sample.needed = true;
      const auto x = static_cast<float>(left) / kSide;
      const auto y = static_cast<float>(top) / kSide;
      constexpr float kSize = static_cast<float>(kSquare) / kSide;
      sample.places.push_back({x, y, x + kSize, y + kSize, 0.9F, {}});
      REQUIRE(store->append(sample, planes).has_value());
    }
  }
  return std::move(*store);
}

std::string untrained_filter() {
  torch::manual_seed(3);
  GateNetwork network(default_gate(kSide, kSide));
  network->eval();
  return export_gate(network);
}

EmbeddingOptions options(EmbeddingForm form) {
  EmbeddingOptions made;
  made.design.form = form;
  made.design.size = 16;
  made.epochs = 3;
  made.steps = 60;
  made.pairs = 64;
  made.threads = 1;
  return made;
}

const auto kQuiet = [](std::size_t, std::size_t) {};

}  // namespace

TEST_CASE("every form of embedding learns, exports what LibTorch computes, and leaves the probability alone") {
  TemporaryFolder folder;
  const SampleStore store = make_sequences(folder.path() / "s", 40, 12, 5);
  const SampleStore* stores[] = {&store};
  const std::string filter = untrained_filter();
  const auto frames = trunk_frames(std::as_bytes(std::span(filter)), stores, 0.5F, kQuiet);
  REQUIRE_MESSAGE(frames.has_value(), frames.error().message);
  CHECK(frames->shape[1] == 48);
  for (const auto form : {EmbeddingForm::kPooled, EmbeddingForm::kGrid, EmbeddingForm::kStrided}) {
    CAPTURE(static_cast<int>(form));
    std::vector<EmbeddingReport> epochs;
    auto trained = train_embedding(
        *frames, 0.5F, options(form), folder.path() / ("checkpoint" + std::to_string(static_cast<int>(form))), "key",
        [&](const EmbeddingReport& report) { epochs.push_back(report); }, kQuiet);
    REQUIRE_MESSAGE(trained.has_value(), trained.error().message);
    REQUIRE(epochs.size() == 3);
    CHECK(epochs.back().loss < epochs.front().loss);
    const auto onnx = export_embedding(std::as_bytes(std::span(filter)), trained->network);
    REQUIRE_MESSAGE(onnx.has_value(), onnx.error().message);
    const auto difference = compare_embeddings(*onnx, trained->network, *frames, store);
    REQUIRE_MESSAGE(difference.has_value(), difference.error().message);
    CHECK(difference->distance <= 1e-3F);
    CHECK(difference->score == 0.0F);
  }
}

TEST_CASE("training the distance goes on from its checkpoint") {
  TemporaryFolder folder;
  const SampleStore store = make_sequences(folder.path() / "s", 12, 8, 6);
  const SampleStore* stores[] = {&store};
  const std::string filter = untrained_filter();
  const auto frames = trunk_frames(std::as_bytes(std::span(filter)), stores, 0.5F, kQuiet);
  REQUIRE(frames.has_value());
  auto made = options(EmbeddingForm::kGrid);
  made.steps = 5;
  std::vector<std::uint32_t> epochs;
  const auto note = [&](const EmbeddingReport& report) { epochs.push_back(report.epoch); };
  made.epochs = 2;
  REQUIRE(train_embedding(*frames, 0.5F, made, folder.path() / "c", "a", note, kQuiet).has_value());
  made.epochs = 3;
  REQUIRE(train_embedding(*frames, 0.5F, made, folder.path() / "c", "a", note, kQuiet).has_value());
  CHECK(epochs == std::vector<std::uint32_t>{1, 2, 3});
  REQUIRE(train_embedding(*frames, 0.5F, made, folder.path() / "c", "b", note, kQuiet).has_value());
  CHECK(epochs == std::vector<std::uint32_t>{1, 2, 3, 1, 2, 3});
}

TEST_CASE("the cap that is promised grows with the error allowed and keeps it on other sequences") {
  TemporaryFolder folder;
  const SampleStore train = make_sequences(folder.path() / "train", 60, 12, 7);
  const SampleStore calibrate = make_sequences(folder.path() / "calibrate", 150, 12, 8);
  const SampleStore other = make_sequences(folder.path() / "other", 150, 12, 9);
  const SampleStore* stores[] = {&train};
  const std::string filter = untrained_filter();
  const auto frames = trunk_frames(std::as_bytes(std::span(filter)), stores, 0.5F, kQuiet);
  REQUIRE(frames.has_value());
  auto trained = train_embedding(
      *frames, 0.5F, options(EmbeddingForm::kStrided), folder.path() / "c", "k", [](const EmbeddingReport&) {}, kQuiet);
  REQUIRE(trained.has_value());
  const auto onnx = export_embedding(std::as_bytes(std::span(filter)), trained->network);
  REQUIRE(onnx.has_value());
  const auto run = [&](const SampleStore& store) {
    const SampleStore* one[] = {&store};
    auto split = ReplaySplit::run(std::as_bytes(std::span(*onnx)), one, 0.5F, kQuiet);
    REQUIRE_MESSAGE(split.has_value(), split.error().message);
    return std::move(*split);
  };
  const ReplaySplit split = run(calibrate);
  CHECK(split.sequences() == 150);
  ReuseCalibration calibration;
  calibration.agree_when = {"boxes", 0.5F, 0};
  calibration.spec.neighbours = 1;
  calibration.spec.max_entries = 64;
  const auto careful = calibrate_reuse(split, calibration, 0.05, 0);
  const auto bold = calibrate_reuse(split, calibration, 0.2, 0);
  REQUIRE((careful && bold));
  CHECK(careful->threshold > 0);
  CHECK(careful->threshold <= bold->threshold);
  CHECK(careful->filter_rate > 0.1F);

  const ReplaySplit unseen = run(other);
  eval::ReplaySetting setting;
  setting.cap = careful->threshold;
  setting.reuse = calibration.spec;
  const auto answers = eval::replay(unseen.frames(), setting, *output::Agreement::make(calibration.agree_when));
  REQUIRE(answers.has_value());
  std::size_t wrong = 0;
  for (const auto& answer : *answers) wrong += answer.agrees ? 0 : 1;
  CHECK(static_cast<double>(wrong) <= 0.05 * static_cast<double>(answers->size()));
  // Thirty sequences are too few for a promise of 95 %, however well they go.
  const SampleStore few = make_sequences(folder.path() / "few", 30, 12, 10);
  const auto none = calibrate_reuse(run(few), calibration, 0.05, 0);
  REQUIRE(none.has_value());
  CHECK(none->threshold == 0);
}

TEST_CASE("a filter without a convolution has no trunk") {
  model::OnnxWriter writer("plain", 13);
  writer.add_input("picture", DataType::kFloat32, {1, 3, 8, 8});
  writer.add_node("Sigmoid", {"picture"}, {"score"});
  writer.add_output("score", DataType::kFloat32, {1, 3, 8, 8});
  const std::string onnx = writer.finish();
  CHECK(TrunkRunner::load(std::as_bytes(std::span(onnx))).error().code == ErrorCode::kUnsupportedOperator);
}
