// `sluice fit --split` from end to end: a folder of pictures for each class, then the model that came out as a user's own.
#include "tests/native/train/doctest_with_torch.hpp"

#include <filesystem>

#include "native/bundle/bundle_folder.hpp"
#include "native/eval/split/training_facts.hpp"
#include "native/train/splitnet/split_fit.hpp"
#include "tests/native/temporary_folder.hpp"
#include "tests/native/train/splitnet/toy_folder.hpp"

namespace {

namespace fs = std::filesystem;
using namespace sluice::train::splitnet;
using sluice::test::TemporaryFolder;

Options small_options(const fs::path& root) {
  Options options;
  options.name = "toy";
  options.data = root / "pictures";
  options.work = root / "work";
  options.full.widths = {8, 16, 16};
  options.design.extractor_width = 8;
  options.design.channels = 8;
  options.design.local_channels = 2;
  options.validation_one_in = 5;
  options.threads = 1;
  for (TrainingOptions* training :
       {&options.full_training, &options.entry_training, &options.reference_training, &options.split_training}) {
    training->epochs = 4;
    training->batch = 32;
  }
  options.arithmetic = Arithmetic::kFloat32;
  return options;
}

// The one file of the split network in the folder whose name ends like that.
fs::path file_with(const fs::path& folder, const std::string& ending) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("split-") && name.ends_with(ending)) return entry.path();
  }
  return {};
}

}  // namespace

TEST_CASE("pictures become a network in two halves, and a user's model too") {
  TemporaryFolder folder;
  sluice::test::write_toy_folder(folder.path() / "pictures", 240);
  Options options = small_options(folder.path());
  auto done = run_split_fit(options, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  for (const char* ending : {".device.onnx", ".device.unit", ".remote.onnx", ".full.onnx", ".json"}) {
    CAPTURE(ending);
    CHECK(fs::exists(file_with(options.work, ending)));
  }

  const fs::path model = file_with(options.work, ".full.onnx");
  options.model = model;
  options.work = folder.path() / "other-work";
  options.model_input.width = options.model_input.height = 32;
  options.model_input.mean = {127.5F, 127.5F, 127.5F};
  options.model_input.scale = {1 / 127.5F, 1 / 127.5F, 1 / 127.5F};
  options.losses.distillation = 1;
  done = run_split_fit(options, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  CHECK_FALSE(fs::exists(options.work / "full.checkpoint"));
  CHECK(fs::exists(file_with(options.work, ".remote.onnx")));
  const auto original = sluice::bundle::read_file(model);
  const auto copied = sluice::bundle::read_file(file_with(options.work, ".full.onnx"));
  REQUIRE(original.has_value());
  REQUIRE(copied.has_value());
  CHECK(*copied == *original);

  options.cut = "nowhere";
  CHECK(run_split_fit(options, nullptr).error().message.find("nowhere") != std::string::npos);
}

TEST_CASE("a bundle of two halves names its classes, and its network can be trained further") {
  TemporaryFolder folder;
  sluice::test::write_toy_folder(folder.path() / "pictures", 240);
  Options options = small_options(folder.path());
  options.out = folder.path() / "bundle";
  auto done = run_split_fit(options, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  const auto manifest = sluice::bundle::read_file(options.out / "manifest.json");
  REQUIRE(manifest.has_value());
  CHECK(manifest->find(R"("x_classes": ["class0", "class1", "class2"])") != std::string::npos);
  const sluice::eval::TrainingFacts facts = sluice::eval::read_training_facts(options.out);
  CHECK(facts.skewness.has_value());
  CHECK(facts.disorder_share.has_value());
  CHECK(sluice::bundle::read_bundle(options.out).has_value());

  const fs::path trained = file_with(options.work, ".pt");
  options.start_from = trained;
  options.out.clear();
  options.losses.rate_per_kbit = 5;
  options.split_training.epochs = 1;
  done = run_split_fit(options, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);

  options.design.channels = 6;
  const auto other = run_split_fit(options, nullptr);
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().code == sluice::ErrorCode::kInvalidArgument);
  CHECK(other.error().message.find(trained.string()) != std::string::npos);
}

TEST_CASE("fit --split says what is wrong before it works for hours") {
  TemporaryFolder folder;
  Options options = small_options(folder.path());
  CHECK(run_split_fit(options, nullptr).error().code == sluice::ErrorCode::kIoError);
  options.design.local_channels = 8;
  CHECK(run_split_fit(options, nullptr).error().message.find("8 local channels of 8") != std::string::npos);
  options = small_options(folder.path());
  options.design.local_channels = 0;
  CHECK(run_split_fit(options, nullptr).error().code == sluice::ErrorCode::kInvalidArgument);
  options = small_options(folder.path());
  options.full.side = 36;
  CHECK(run_split_fit(options, nullptr).error().message.find("36 pixels a side") != std::string::npos);
  options = small_options(folder.path());
  options.split_training.epochs = 0;
  CHECK(run_split_fit(options, nullptr).error().message.find("split network") != std::string::npos);
  CHECK_FALSE(fs::exists(options.work));
}
