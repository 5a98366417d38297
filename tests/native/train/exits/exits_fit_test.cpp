// `sluice fit --exits` from end to end on toy pictures: a backbone, exits that let easy pictures leave, the same again from a
// user's model, and what it says where nothing can be done.
#include "tests/native/train/doctest_with_torch.hpp"

#include "native/train/exits/exits_fit.hpp"

#include <rapidjson/document.h>

#include <cstdio>
#include <filesystem>

#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/class_names.hpp"
#include "native/eval/eval_command.hpp"
#include "native/train/exits/backbone_trainer.hpp"
#include "native/train/exits/place.hpp"
#include "tests/native/temporary_folder.hpp"
#include "tests/native/train/splitnet/toy_folder.hpp"

namespace {

namespace fs = std::filesystem;
namespace fitting = sluice::train::exits;
namespace splitnet = sluice::train::splitnet;
using sluice::test::TemporaryFolder;
using sluice::train::OnnxExport;
using sluice::train::WeightForm;

fitting::Options small_exits_options(const fs::path& root) {
  fitting::Options options;
  options.name = "toy";
  options.data = root / "pictures";
  options.work = root / "work";
  options.backbone.width = 0.125;
  options.backbone_training = {.epochs = 4, .batch = 32};
  options.exits_training = {.epochs = 6, .batch = 32, .peak_rate = 0.05};
  options.filters = 8;
  options.exit_error = 0.1;
  options.validation_one_in = 3;
  options.arithmetic = splitnet::Arithmetic::kFloat32;
  options.threads = 1;
  return options;
}

}  // namespace

TEST_CASE("pictures become a classifier with exits, and a user's model too") {
  TemporaryFolder folder;
  sluice::test::write_toy_folder(folder.path() / "pictures", 360);
  fitting::Options options = small_exits_options(folder.path());
  options.out = folder.path() / "bundle";
  options.cut = "auto";
  options.cut_agreement = 0.8;
  auto done = fitting::run_exits_fit(options, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  CHECK(fs::exists(options.work / "exits.onnx"));

  const auto bundle = sluice::bundle::read_bundle(options.out);
  REQUIRE_MESSAGE(bundle.has_value(), bundle.error().message);
  REQUIRE(bundle->manifest.exits.has_value());
  const auto& spec = *bundle->manifest.exits;
  REQUIRE_FALSE(spec.points.empty());
  CHECK(spec.points.front().thresholds.size() == spec.places.size());
  REQUIRE(spec.cut.has_value());
  CHECK(spec.cut->place < spec.places.size());
  CHECK(spec.cut->points.front().thresholds.size() == spec.places.size());
  CHECK(*sluice::bundle::read_class_names(options.out) == std::vector<std::string>{"class0", "class1", "class2"});
  // What is trained on such pictures leaves early where it ships, and is right there.
  sluice::eval::EvalOptions eval;
  eval.name = "toy";
  eval.bundle = options.out;
  eval.data = options.data;
  eval.target = 0.8;
  eval.json = true;
  const fs::path said = folder.path() / "said";
  std::FILE* const out = std::fopen(said.c_str(), "w");
  const auto evaluated = sluice::eval::run_eval(eval, out, nullptr);
  std::fclose(out);
  REQUIRE_MESSAGE(evaluated.has_value(), evaluated.error().message);
  const auto text = sluice::bundle::read_file(said);
  REQUIRE(text.has_value());
  rapidjson::Document json;
  json.Parse(text->substr(text->rfind('{')).c_str());
  REQUIRE(json.IsObject());
  CHECK(json["accuracy"].GetDouble() > 0.8);
  CHECK(json["macs_over_backbone"].GetDouble() < 0.95);
  CHECK(json["exits_kept"].GetUint64() == spec.places.size());
  options.out.clear();

  options.model = options.work / "model.onnx";
  options.model_input.width = options.model_input.height = 32;
  options.model_input.mean = {127.5F, 127.5F, 127.5F};
  options.model_input.scale = {1 / 127.5F, 1 / 127.5F, 1 / 127.5F};
  options.work = folder.path() / "other";
  options.distillation = 1;
  done = fitting::run_exits_fit(options, nullptr);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  CHECK(fs::exists(options.work / "exits.onnx"));

  options.places = {"nowhere"};
  const auto refused = fitting::run_exits_fit(options, nullptr);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("'nowhere'") != std::string::npos);
  CHECK(refused.error().message.find("those that there are") != std::string::npos);
}

TEST_CASE("a cut at no place, or at none of those that are named, is refused before anything is trained") {
  TemporaryFolder folder;
  sluice::test::write_toy_folder(folder.path() / "pictures", 60);
  fitting::Options options = small_exits_options(folder.path());
  options.cut = "nowhere";
  auto refused = fitting::run_exits_fit(options, nullptr);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("--cut is 'nowhere', where no exit is to stand; a cut is at one of these: '") ==
        0);

  const std::string list = refused.error().message.substr(refused.error().message.find(": '") + 3);
  const std::string first = list.substr(0, list.find('\''));
  const std::size_t next = list.find("', '") + 4;
  const std::string second = list.substr(next, list.find('\'', next) - next);
  options.places = {second};
  options.cut = first;
  refused = fitting::run_exits_fit(options, nullptr);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.ends_with("a cut is at one of these: '" + second + "'"));
  CHECK(fs::is_empty(options.work));  // no backbone was trained
}

TEST_CASE("both backbones have places behind their layers, whose costs grow") {
  for (const fitting::BackboneForm form : {fitting::BackboneForm::kVgg, fitting::BackboneForm::kInception}) {
    const fitting::BackboneDesign design{.form = form, .classes = 5, .width = 0.125};
    torch::manual_seed(1);
    const auto backbone = fitting::make_backbone(design, splitnet::Arithmetic::kFloat32);
    backbone->eval();
    const std::string onnx = fitting::backbone_onnx(*backbone, design, WeightForm::kFloat32);
    auto network = splitnet::OnnxNetworkImpl::load(onnx, "", splitnet::Arithmetic::kFloat32);
    REQUIRE_MESSAGE(network.has_value(), network.error().message);
    const torch::Tensor pictures = torch::rand({2, 3, 32, 32}) * 2 - 1;
    torch::NoGradGuard no_gradient;
    CHECK(torch::allclose((*network)->forward(pictures), backbone->forward(pictures), 1e-4, 1e-5));
    const auto places = fitting::find_places(onnx, **network, 32, {});
    REQUIRE_MESSAGE(places.has_value(), places.error().message);
    CHECK(places->all.size() == (form == fitting::BackboneForm::kVgg ? 12 : 9));
    for (std::size_t i = 1; i < places->all.size(); ++i) {
      CHECK(places->all[i].multiply_adds > places->all[i - 1].multiply_adds);
    }
    CHECK(places->all.back().multiply_adds < places->multiply_adds);
  }
}

TEST_CASE("a graph that is no chain says where it reads around") {
  OnnxExport graph("around");
  graph.input("picture", {-1, 3, 32, 32});
  const torch::Tensor weight = torch::rand({3, 3, 3, 3});
  const torch::Tensor bias = torch::zeros({3});
  const std::string first = graph.convolution("picture", weight, bias, 1, 1, 1);
  const std::string second = graph.convolution(first, weight, bias, 1, 1, 1);
  const std::string sum = graph.node("Add", {second, "picture"});
  const std::string row = graph.node("Flatten", {graph.node("GlobalAveragePool", {sum})}, {{"axis", std::int64_t{1}}});
  graph.node("Gemm", {row, graph.constant(torch::rand({3, 5}))}, {}, "logits");
  graph.output("logits", {-1, 5});
  const std::string onnx = graph.finish();
  auto network = splitnet::OnnxNetworkImpl::load(onnx, "", splitnet::Arithmetic::kFloat32);
  REQUIRE_MESSAGE(network.has_value(), network.error().message);
  const auto places = fitting::find_places(onnx, **network, 32, {});
  REQUIRE_FALSE(places.has_value());
  CHECK(places.error().message.find("Add") != std::string::npos);
  CHECK(places.error().message.find("'picture'") != std::string::npos);
}

TEST_CASE("a backbone goes on from another run's, and one of another width is refused") {
  TemporaryFolder folder;
  sluice::test::write_toy_folder(folder.path() / "pictures", 120);
  fitting::Options options = small_exits_options(folder.path());
  const auto data = sluice::train::splitnet::read_labelled_data(options.data, options.backbone.side, 4);
  REQUIRE(data.has_value());
  options.backbone.classes = data->classes;
  fs::create_directories(options.work);
  sluice::train::ProgressLog silent(nullptr);
  const auto first = fitting::train_backbone(*data, options, silent);
  REQUIRE_MESSAGE(first.has_value(), first.error().message);
  for (const auto& entry : fs::directory_iterator(options.work)) options.start_from = entry.path();
  options.work = folder.path() / "further";
  fs::create_directories(options.work);
  options.backbone_training.peak_rate = 1e-9;
  const auto second = fitting::train_backbone(*data, options, silent);
  REQUIRE_MESSAGE(second.has_value(), second.error().message);
  const auto before = (*first)->parameters();
  const auto after = (*second)->parameters();
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(torch::allclose(before[i], after[i], 1e-3, 1e-4));

  options.backbone.width *= 2;
  const auto refused = fitting::train_backbone(*data, options, silent);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("--backbone-width") != std::string::npos);
}

TEST_CASE("pictures that are kept back may come from a folder of their own, of the same classes") {
  TemporaryFolder folder;
  sluice::test::write_toy_folder(folder.path() / "pictures", 60);
  sluice::test::write_toy_folder(folder.path() / "later", 24);
  const auto data = splitnet::read_labelled_data(folder.path() / "pictures", folder.path() / "later", 32);
  REQUIRE_MESSAGE(data.has_value(), data.error().message);
  CHECK(data->train.size() == 60);
  CHECK(data->validation.size() == 24);
  CHECK(data->class_names.size() == static_cast<std::size_t>(data->classes));

  fs::rename(folder.path() / "later" / "class0", folder.path() / "later" / "another");
  const auto refused = splitnet::read_labelled_data(folder.path() / "pictures", folder.path() / "later", 32);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == sluice::ErrorCode::kInvalidArgument);
  CHECK(refused.error().message.find("another") != std::string::npos);
  CHECK(refused.error().message.find("class0") != std::string::npos);
}

TEST_CASE("fit --exits says what is wrong before it works for hours") {
  TemporaryFolder folder;
  fitting::Options options = small_exits_options(folder.path());
  CHECK(fitting::run_exits_fit(options, nullptr).error().code == sluice::ErrorCode::kIoError);
  options.backbone.side = 36;
  CHECK(fitting::run_exits_fit(options, nullptr).error().message.find("36 pixels") != std::string::npos);
}
