// `sluice fit` from end to end on generated footage: seconds, not minutes, with every real part in it.
#include "tests/native/train/doctest_with_torch.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/eval_command.hpp"
#include "native/eval/measurement.hpp"
#include "native/eval/summary.hpp"
#include "native/train/fit.hpp"
#include "tests/native/temporary_folder.hpp"
#include "tests/native/toy_detector.hpp"

namespace {

namespace fs = std::filesystem;
using sluice::test::TemporaryFolder;
using sluice::train::FitOptions;

struct Workshop {
  explicit Workshop(const fs::path& root_) : root(root_) {
    sluice::test::write_toy_pictures(root / "train", 60, 1);
    sluice::test::write_toy_pictures(root / "calibrate", 120, 2);
    sluice::test::write_toy_pictures(root / "test", 60, 3);
    std::ofstream(root / "toy.onnx", std::ios::binary) << sluice::test::toy_detector();
  }

  FitOptions options() const {
    FitOptions fit;
    fit.name = "toy";
    fit.model = root / "toy.onnx";
    fit.model_spec = sluice::test::toy_spec();
    fit.train = {root / "train"};
    fit.calibrate = {root / "calibrate"};
    fit.out = root / "bundle";
    fit.work = root / "work";
    fit.labels.pool_side = sluice::test::kToySide;
    fit.composed = 400;
    fit.training.design = sluice::train::default_gate(32, 32);
    fit.training.epochs = 8;
    fit.training.batch = 32;
    fit.training.threads = 1;
    fit.targets = {0.8, 0.9};
    fit.copy_model = true;
    return fit;
  }

  fs::path root;
};

std::string contents(const fs::path& file) { return sluice::bundle::read_file(file).value_or(""); }

}  // namespace

// First, because a child that uses LibTorch must not come from a parent that has its threads running.
TEST_CASE("a killed fit leaves the last good bundle, and the next run goes on from its labels") {
  TemporaryFolder folder;
  const Workshop workshop(folder.path());
  fs::create_directories(workshop.root / "bundle");
  std::ofstream(workshop.root / "bundle" / "manifest.json") << "the last good one";
  std::ofstream(workshop.root / "bundle" / "NOTES.md") << "kept";
  FitOptions options = workshop.options();
  options.composed = 3000;

  const fs::path labels = options.work / "train-composed.samples";
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    static_cast<void>(sluice::train::run_fit(options, nullptr));
    _exit(0);
  }
  std::error_code error;
  for (int i = 0; i < 6000 && !(fs::file_size(labels, error) > 1'300'000 && !error); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (waitpid(child, nullptr, WNOHANG) == child) break;
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);

  const auto labelled = fs::file_size(labels, error);
  REQUIRE(labelled > 1'300'000);
  CHECK(contents(workshop.root / "bundle" / "manifest.json") == "the last good one");

  options.composed = 300;  // less than the killed run has labelled: nothing is labelled again
  options.training.epochs = 4;
  const auto done = sluice::train::run_fit(options, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  CHECK(fs::file_size(labels) + 8192 > labelled);  // but for the record that the kill cut off
  CHECK(sluice::bundle::read_bundle(workshop.root / "bundle").has_value());
  CHECK(contents(workshop.root / "bundle" / "NOTES.md") == "kept");
}

TEST_CASE("fit makes a bundle whose filter agrees with the model on unseen pictures") {
  TemporaryFolder folder;
  const Workshop workshop(folder.path());
  const auto done = sluice::train::run_fit(workshop.options(), nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);

  const auto bundle = sluice::bundle::read_bundle(workshop.root / "bundle");
  REQUIRE_MESSAGE(bundle.has_value(), bundle.error().message);
  const auto* skip = bundle->manifest.find_question<sluice::questions::SkipSpec>();
  REQUIRE(skip != nullptr);
  REQUIRE(skip->operating_points.size() == 2);
  CHECK(std::get<sluice::input::ImageSpec>(skip->input).width == 32);

  const auto clips = sluice::eval::find_clips(workshop.root / "test");
  REQUIRE(clips.has_value());
  const auto measured = sluice::eval::measure(*bundle, *clips, 1, [](std::size_t, std::size_t, const std::string&) {});
  REQUIRE_MESSAGE(measured.has_value(), measured.error().message);
  const auto score = sluice::eval::score_all(*measured, skip->operating_points[1].threshold);
  CHECK(score.frames == 60);
  CHECK(score.redundant == 30);
  CHECK(score.agreement() >= 0.9);
  CHECK(score.filter_rate() > 0.3);  // of the half that is redundant
}

TEST_CASE("a filter that has an embedding is calibrated anew for both questions, and stays as it is") {
  TemporaryFolder folder;
  const Workshop workshop(folder.path());
  FitOptions options = workshop.options();
  options.reuse.wanted = true;
  options.reuse.motions = 12;
  options.reuse.calibrate_motions = 80;
  options.reuse.pictures_per_motion = 4;
  options.reuse.training.epochs = 1;
  options.reuse.training.steps = 20;
  options.reuse.training.threads = 1;
  options.reuse.skip_share = 0.5;
  options.targets = {0.6, 0.7, 0.8};
  options.default_target = 0.7;
  auto done = sluice::train::run_fit(options, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  const auto made = sluice::bundle::read_bundle(workshop.root / "bundle");
  REQUIRE_MESSAGE(made.has_value(), made.error().message);

  options.filter = workshop.root / "bundle" / "filter.onnx";
  options.out = workshop.root / "again";
  options.work = workshop.root / "other-work";
  done = sluice::train::run_fit(options, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  CHECK_FALSE(fs::exists(options.work / "embedding.checkpoint"));
  const auto again = sluice::bundle::read_bundle(workshop.root / "again");
  REQUIRE_MESSAGE(again.has_value(), again.error().message);
  CHECK(again->part("filter").size() == made->part("filter").size());
  CHECK(std::ranges::equal(again->part("filter"), made->part("filter")));
  const auto* before = made->manifest.find_question<sluice::questions::ReuseSpec>();
  const auto* after = again->manifest.find_question<sluice::questions::ReuseSpec>();
  REQUIRE(before != nullptr);
  REQUIRE(after != nullptr);
  REQUIRE(after->operating_points.size() == before->operating_points.size());
  for (std::size_t i = 0; i < after->operating_points.size(); ++i) {
    CHECK(after->operating_points[i].threshold == before->operating_points[i].threshold);
  }
}

TEST_CASE("fit says what is wrong before it works for hours") {
  TemporaryFolder folder;
  const Workshop workshop(folder.path());
  FitOptions options = workshop.options();
  options.rule = "label in {cat}";
  CHECK(sluice::train::run_fit(options, nullptr).error().code == sluice::ErrorCode::kInvalidArgument);
  options = workshop.options();
  options.train = {workshop.root / "nowhere"};
  CHECK(sluice::train::run_fit(options, nullptr).error().message.find("nowhere") != std::string::npos);
  options = workshop.options();
  options.training.design.width = 4;
  CHECK(sluice::train::run_fit(options, nullptr).error().message.find("4x32") != std::string::npos);
  CHECK_FALSE(fs::exists(options.out));
}
