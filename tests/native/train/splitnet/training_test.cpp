// The stages of training a split network on generated pictures: seconds, not minutes, with every loss in it.
#include "tests/native/train/doctest_with_torch.hpp"

#include <numeric>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/classifier_trainee.hpp"
#include "native/train/splitnet/full_trainer.hpp"
#include "native/train/splitnet/own_classifier.hpp"
#include "native/train/splitnet/split_export.hpp"
#include "native/train/splitnet/split_trainer.hpp"
#include "native/train/splitnet/training_loop.hpp"
#include "tests/native/temporary_folder.hpp"
#include "tests/native/train/splitnet/toy_pictures.hpp"

namespace {

using namespace sluice::train::splitnet;
using sluice::test::TemporaryFolder;
using sluice::train::CheckpointReader;
using sluice::train::CheckpointWriter;
using sluice::train::ProgressLog;

// Remembers what it was given; dies on request.
class NotingTrainee final : public Trainee {
 public:
  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double) override {
    if (dies_at >= 0 && static_cast<std::int64_t>(seeds.size()) == dies_at) return std::nan("");
    seeds.push_back(static_cast<std::int64_t>(seed));
    sum += std::accumulate(samples.begin(), samples.end(), std::int64_t{0});
    return 1;
  }
  std::string epoch_done() override { return "noted"; }
  void save(CheckpointWriter& writer) const override { writer.add("sum", torch::tensor(sum)); }
  void load(CheckpointReader& reader) override {
    torch::Tensor value;
    reader.get("sum", value);
    sum = value.item<std::int64_t>();
  }

  std::vector<std::int64_t> seeds;
  std::int64_t sum = 0;
  std::int64_t dies_at = -1;
};

Options toy_options(const std::filesystem::path& work) {
  Options options;
  options.name = "toy";
  options.work = work;
  options.full.classes = sluice::test::kToyClasses;
  options.full.widths = {8, 16, 16};
  options.design.extractor_width = 8;
  options.design.channels = 8;
  options.design.local_channels = 2;
  for (TrainingOptions* training :
       {&options.full_training, &options.entry_training, &options.reference_training, &options.split_training}) {
    training->epochs = 4;
    training->batch = 32;
    training->augmentation = {.mirror = true, .move_px = 2, .cutout_px = 0};
  }
  options.arithmetic = Arithmetic::kFloat32;
  return options;
}

// The core computes with the exported graphs what LibTorch computes.
void check_export(SplitNetwork& split, const Classifier& full, const LabelledData& data) {
  const ExportedSplit exported = export_split(split, full);
  const auto difference = compare_split(exported, split, plain_batch(data.validation, 0, 8).pictures);
  REQUIRE_MESSAGE(difference.has_value(), difference.error().message);
  CHECK(difference->features < 1e-4);
  CHECK(difference->local < 1e-4);
  CHECK(difference->remote < 1e-3);
  REQUIRE(exported.combination.size() == static_cast<std::size_t>(split->design().coded_channels()) + 1);
  CHECK(exported.combination[0] == 1);
}

}  // namespace

TEST_CASE("a run that broke off in the middle of an epoch does the steps that are left, with the same samples") {
  TemporaryFolder folder;
  ProgressLog silent(nullptr);
  const LoopOptions options{.name = "toy", .epochs = 3, .samples = 20, .batch = 4, .checkpoint_s = 0};
  NotingTrainee whole;
  REQUIRE(run_loop(whole, options, folder.path() / "whole", "key", silent).has_value());
  CHECK(whole.seeds.size() == 15);

  NotingTrainee killed;
  killed.dies_at = 7;
  const auto failed = run_loop(killed, options, folder.path() / "parts", "key", silent);
  CHECK(failed.error().code == sluice::ErrorCode::kExecutionFailed);
  NotingTrainee rest;
  REQUIRE(run_loop(rest, options, folder.path() / "parts", "key", silent).has_value());
  CHECK(rest.seeds.size() == 8);
  CHECK(rest.seeds.back() == whole.seeds.back());
  CHECK(rest.sum == whole.sum);

  NotingTrainee other;
  REQUIRE(run_loop(other, options, folder.path() / "parts", "another key", silent).has_value());
  CHECK(other.seeds.size() == 15);
}

TEST_CASE("both halves learn together, forms and losses as asked, and a second run has nothing left to do") {
  torch::set_num_threads(1);
  ProgressLog silent(nullptr);
  const LabelledData data = keep_back(sluice::test::toy_pictures(400, 7), sluice::test::kToyClasses, 5);
  TemporaryFolder folder;
  Options options = toy_options(folder.path());
  auto full = train_full(data, options, silent);
  REQUIRE_MESSAGE(full.has_value(), full.error().message);
  const double right = accuracy(data.validation, [&](const auto& pictures) { return (*full)->forward(pictures); });
  CHECK(right > 0.9);
  OwnClassifier classifier(*full, full_key(data, options));

  const auto train = [&](const Options& how) {
    auto reference = train_reference(data, how, classifier, silent);
    REQUIRE_MESSAGE(reference.has_value(), reference.error().message);
    auto split = train_split(data, how, classifier, *reference, silent);
    REQUIRE_MESSAGE(split.has_value(), split.error().message);
    return split->network;
  };
  SUBCASE("strided, rounding, bytes trained for, cut anywhere") {
    SplitNetwork split = train(options);
    const SplitFigures figures = evaluate_split(split, data.validation, {3, 12}, nullptr);
    CHECK(figures.points[1].accuracy > 0.8);
    CHECK(figures.points[0].bytes < figures.points[1].bytes);
    CHECK(figures.points[1].bytes > 0);
    check_export(split, classifier, data);
    const SplitNetwork again = train(options);
    CHECK(again->parameters()[0].equal(split->parameters()[0]));
  }
  SUBCASE("all features are sent, none by its importance") {
    options.design.local_channels = 0;
    options.losses.importance = 0;
    options.choice = ChannelChoice::kFirst;
    options.design.refinement = 1;
    SplitNetwork split = train(options);
    check_export(split, classifier, data);
  }
  SUBCASE("as published: separable, codebook, pooled local head, no cuts and no price on bytes") {
    options.design.extractor = ExtractorForm::kSeparable;
    options.design.quantiser = QuantiserForm::kCodebook;
    options.design.local = LocalForm::kPooled;
    options.losses.rate_per_kbit = 0;
    options.losses.cut_share = 0;
    options.losses.local = 0;
    SplitNetwork split = train(options);
    const SplitFigures figures = evaluate_split(split, data.validation, {6}, nullptr);
    CHECK(figures.points[0].accuracy > 0.7);
    CHECK(figures.points[0].bytes > 0);
    check_export(split, classifier, data);
  }
}
