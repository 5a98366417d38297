// Every baseline from end to end on toy pictures, and the file of points.
#include "tests/native/train/doctest_with_torch.hpp"

#include <rapidjson/document.h>

#include <algorithm>

#include "native/bundle/bundle_folder.hpp"
#include "native/train/checkpoint.hpp"
#include "native/train/exits/backbone_trainer.hpp"
#include "native/train/exits/baselines/run_baselines.hpp"
#include "native/train/exits/baselines/run_systems.hpp"
#include "tests/native/temporary_folder.hpp"
#include "tests/native/train/splitnet/toy_pictures.hpp"

namespace {

using namespace sluice::train::exits;
using namespace sluice::train::exits::baselines;
namespace splitnet = sluice::train::splitnet;
using sluice::ErrorCode;
using sluice::test::TemporaryFolder;

struct Toy {
  Toy() : silent(nullptr), data(splitnet::keep_back(sluice::test::toy_pictures(300, 7), sluice::test::kToyClasses, 4)) {
    torch::set_num_threads(1);
    options.work = folder.path();
    options.out = folder.path() / "points.jsonl";
    options.backbone_model = folder.path() / "model.onnx";
    options.form = BackboneForm::kVgg;
    options.epochs = 3;
    options.widths = {0.03125, 0.0625};
    options.arithmetic = splitnet::Arithmetic::kFloat32;
    Options training;
    training.work = folder.path();
    training.backbone = {.form = options.form, .side = 32, .classes = sluice::test::kToyClasses, .width = 0.125};
    training.backbone_training = {.epochs = 4, .batch = 32};
    training.arithmetic = options.arithmetic;
    const auto backbone = train_backbone(data, training, silent);
    REQUIRE_MESSAGE(backbone.has_value(), backbone.error().message);
    const std::string onnx = backbone_onnx(**backbone, training.backbone, sluice::train::WeightForm::kFloat32);
    REQUIRE(sluice::train::write_atomically(options.backbone_model, onnx));
  }

  std::vector<ExitBaselinePoint> run(std::vector<std::string> systems) {
    options.systems = std::move(systems);
    const auto subject = make_subject(options, data, test, silent);
    REQUIRE_MESSAGE(subject.has_value(), subject.error().message);
    const auto points = run_systems(*subject);
    REQUIRE_MESSAGE(points.has_value(), points.error().message);
    return *points;
  }

  TemporaryFolder folder;
  BaselineOptions options;
  sluice::train::ProgressLog silent;
  splitnet::LabelledData data;
  splitnet::PictureSet test = sluice::test::toy_pictures(80, 8);
};

// Of one system, from the cheapest to the dearest.
std::vector<ExitBaselinePoint> of(const std::vector<ExitBaselinePoint>& points, const std::string& system,
                                  const std::string& variant) {
  std::vector<ExitBaselinePoint> some;
  std::ranges::copy_if(points, std::back_inserter(some), [&](const ExitBaselinePoint& point) {
    return point.system == system && point.variant == variant;
  });
  return some;
}

}  // namespace

TEST_CASE("each baseline trains, and reports points whose costs are what ran") {
  Toy toy;
  toy.options.joint_exits = {"nowhere="};
  const auto points = toy.run({});
  const auto plain = of(points, "plain", "the backbone");
  REQUIRE(plain.size() == 1);
  CHECK(plain[0].accuracy > 0.8);
  CHECK(plain[0].macs_mean == static_cast<double>(plain[0].macs_backbone));
  CHECK(plain[0].weights_bytes > 0);
  for (const auto& [system, variant, exits] : {std::tuple{"branchynet", "joint", 2U},
                                               {"branchynet", "frozen backbone", 2U},
                                               {"sdn", "frozen backbone", 6U},
                                               {"bag", "cascade", 2U}}) {
    const auto some = of(points, system, variant);
    CAPTURE(system);
    CAPTURE(variant);
    REQUIRE_FALSE(some.empty());
    for (const ExitBaselinePoint& point : some) {
      CHECK(point.exits == exits);
      CHECK(point.macs_mean > 0);
      CHECK(point.weights_bytes > plain[0].weights_bytes);
      CHECK(point.pictures == 80);
      CHECK(point.backbone == "vgg");
      CHECK_FALSE(point.thresholds.empty());
    }
  }
  CHECK(of(points, "branchynet", "joint").back().accuracy > 0.7);
  CHECK(of(points, "smaller", "width 0.0625").size() == 1);
  CHECK(of(points, "smaller", "width 0.0625")[0].macs_mean < plain[0].macs_mean);
  const auto oracle = of(points, "bag", "oracle");
  REQUIRE(oracle.size() == 1);
  for (const ExitBaselinePoint& point : points) {
    if (point.system != "branchynet") CHECK(oracle[0].accuracy >= point.accuracy - 0.1);
  }
  CHECK(of(points, "flexdnn-joint", "joint").empty());  // only where it is named

  const auto text = sluice::bundle::read_file(toy.options.out);
  REQUIRE(text.has_value());
  CHECK(static_cast<std::size_t>(std::ranges::count(*text, '\n')) == points.size());

  // A second run finds all trained, and comes to the same.
  const auto again = toy.run({"branchynet"});
  REQUIRE_FALSE(again.empty());
  CHECK(again[0].accuracy == of(points, "branchynet", "joint")[0].accuracy);

  toy.options.systems = {"flexdnn-joint"};
  const auto subject = make_subject(toy.options, toy.data, toy.test, toy.silent);
  REQUIRE(subject.has_value());
  const auto refused = run_systems(*subject);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("'nowhere'") != std::string::npos);
  toy.options.joint_exits = {subject->places.all[4].tensor + "=8", subject->places.all[1].tensor + "="};
  const auto joint = toy.run({"flexdnn-joint"});
  REQUIRE_FALSE(joint.empty());
  CHECK(joint[0].exits == 2);
}

TEST_CASE("a backbone of other classes than the pictures' is refused") {
  Toy toy;
  const splitnet::LabelledData two{toy.data.train, toy.data.validation, 2, {}};
  const auto subject = make_subject(toy.options, two, toy.test, toy.silent);
  REQUIRE_FALSE(subject.has_value());
  CHECK(subject.error().code == ErrorCode::kInvalidArgument);
  CHECK(subject.error().message.find("2 classes") != std::string::npos);
}

TEST_CASE("a point is one flat object, and a file keeps the lines of what was not measured again") {
  TemporaryFolder folder;
  ExitBaselinePoint point;
  point.system = "sdn";
  point.backbone = "vgg";
  point.variant = "frozen \"backbone\"";
  point.rule = "max_probability";
  point.thresholds = "0.9 0.9";
  point.accuracy = 0.875;
  point.macs_mean = 1234.5;
  point.macs_backbone = 5000;
  point.exits = 2;
  point.pictures = 80;
  rapidjson::Document json;
  json.Parse(to_json(point));
  REQUIRE_FALSE(json.HasParseError());
  CHECK(json["variant"] == "frozen \"backbone\"");
  CHECK(json["accuracy"].GetDouble() == doctest::Approx(0.875));
  CHECK(json["agreement"].IsNull());
  CHECK(json["macs_mean"].GetDouble() == doctest::Approx(1234.5));
  CHECK(json["macs_backbone"].GetUint64() == 5000);
  CHECK(json["load_ms"].IsNull());
  CHECK(json.MemberCount() == 14);

  const auto file = folder.path() / "points.jsonl";
  ExitBaselinePoint other = point;
  other.backbone = "inception";
  REQUIRE(write_points(file, {point, other}));
  ExitBaselinePoint better = point;
  better.accuracy = 0.9;
  REQUIRE(write_points(file, {better}));
  const auto text = sluice::bundle::read_file(file);
  REQUIRE(text.has_value());
  CHECK(*text == to_json(other) + '\n' + to_json(better) + '\n');
}

TEST_CASE("a system that is none is refused by name, with those that there are") {
  BaselineOptions options;
  options.systems = {"sdn", "msdnet"};
  const auto ran = run_baselines(options, nullptr);
  REQUIRE_FALSE(ran.has_value());
  CHECK(ran.error().code == ErrorCode::kInvalidArgument);
  CHECK(ran.error().message.find("'msdnet'") != std::string::npos);
  CHECK(ran.error().message.find("branchynet-frozen") != std::string::npos);
}
