// The pieces around the networks: the frozen model and its cuts, exits, and the points that are reported.
#include "tests/native/train/doctest_with_torch.hpp"

#include <rapidjson/document.h>

#include <fstream>
#include <sstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/train/checkpoint.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/baselines/deepcod.hpp"
#include "native/train/splitnet/baselines/exit_heads.hpp"
#include "native/train/splitnet/baselines/model_segments.hpp"
#include "native/train/splitnet/model_cost.hpp"
#include "native/train/splitnet/baselines/run_baselines.hpp"
#include "native/train/splitnet/own_classifier.hpp"
#include "tests/native/temporary_folder.hpp"
#include "tests/native/train/splitnet/toy_pictures.hpp"

namespace {

using namespace sluice::train::splitnet;
using namespace sluice::train::splitnet::baselines;
using sluice::ErrorCode;
using sluice::test::TemporaryFolder;

std::string toy_full_model() {
  torch::manual_seed(9);
  FullDesign design;
  design.classes = sluice::test::kToyClasses;
  design.widths = {8, 8, 8};
  FullNetwork network(design, Arithmetic::kFloat32);
  network->whiten(plain_batch(sluice::test::toy_pictures(50, 2), 0, 50).pictures);
  network->eval();
  return OwnClassifier(network, "toy").onnx(sluice::train::WeightForm::kFloat32);
}

double largest_of(const torch::Tensor& values) { return values.abs().max().item<double>(); }

}  // namespace

TEST_CASE("the frozen model lets gradients through to the pictures, and learns nothing itself") {
  TemporaryFolder folder;
  REQUIRE(sluice::train::write_atomically(folder.path() / "full.onnx", toy_full_model()));
  auto model = FrozenModel::load(folder.path() / "full.onnx", Arithmetic::kFloat32);
  REQUIRE_MESSAGE(model.has_value(), model.error().message);
  const PictureSet set = sluice::test::toy_pictures(6, 4);
  const torch::Tensor pictures = plain_batch(set, 0, 6).pictures.contiguous().requires_grad_();
  const torch::Tensor logits = model->logits(pictures);
  logits.square().sum().backward();
  CHECK(largest_of(pictures.grad()) > 0);
  for (const torch::Tensor& weight : model->network()->parameters()) CHECK_FALSE(weight.grad().defined());
  CHECK(largest_of(model->logits_of(set) - logits) < 1e-4);
  CHECK(FrozenModel::load(folder.path() / "none.onnx", Arithmetic::kFloat32).error().code == ErrorCode::kIoError);
}

TEST_CASE("from each cut behind a ReLU the pieces come to the whole's answer, and cost more the later it is") {
  const std::string onnx = toy_full_model();
  auto segments = ModelSegments::load(onnx, Arithmetic::kFloat32);
  REQUIRE_MESSAGE(segments.has_value(), segments.error().message);
  CHECK(segments->cuts() == 7);  // the stem and two a group
  const auto whole = OnnxNetworkImpl::load(onnx, "", Arithmetic::kFloat32);
  REQUIRE(whole);
  const torch::Tensor pictures = plain_batch(sluice::test::toy_pictures(3, 4), 0, 3).pictures;
  const auto maps = segments->at_cuts(pictures);
  std::vector<std::string> names;
  for (std::size_t cut = 0; cut < segments->cuts(); ++cut) {
    CHECK(maps[cut].min().item<double>() >= 0);
    CHECK(largest_of(segments->logits_from(cut, maps[cut]) - (*whole)->forward(pictures)) < 1e-4);
    names.push_back(segments->name(cut));
  }
  const auto costs = multiply_adds_to(onnx, names, 32);
  REQUIRE_MESSAGE(costs.has_value(), costs.error().message);
  CHECK(costs->front() == 32 * 32 * 27 * 24);
  CHECK(std::is_sorted(costs->begin(), costs->end()));
}

TEST_CASE("an exit learns what its features tell") {
  torch::manual_seed(1);
  const torch::Tensor labels = torch::arange(600) % 3;
  const torch::Tensor features =
      torch::nn::functional::one_hot(labels, 3).to(torch::kFloat32) * 40 + 100 + torch::randn({600, 3});
  torch::nn::Linear head = train_exit_head(features, labels, 3, 200, 1);
  CHECK(head->forward(features).argmax(1).eq(labels).to(torch::kFloat32).mean().item<double>() > 0.99);
  CHECK(pooled(torch::rand({2, 5, 4, 4})).sizes() == torch::IntArrayRef({2, 10}));
}

TEST_CASE("DeepCOD trains in three stages, and a second run has nothing left to do") {
  torch::set_num_threads(1);
  TemporaryFolder folder;
  REQUIRE(sluice::train::write_atomically(folder.path() / "full.onnx", toy_full_model()));
  auto model = FrozenModel::load(folder.path() / "full.onnx", Arithmetic::kFloat32);
  REQUIRE(model);
  const LabelledData data = keep_back(sluice::test::toy_pictures(300, 7), sluice::test::kToyClasses, 5);
  const PictureSet test = sluice::test::toy_pictures(40, 8);
  BaselineOptions options;
  options.work = folder.path();
  options.export_deepcod = folder.path() / "exported";
  options.channels = {6};
  options.epochs = 1;
  options.arithmetic = Arithmetic::kFloat32;
  sluice::train::ProgressLog silent(nullptr);
  const torch::Tensor teacher = model->logits_of(data.train);
  const Subject subject{options, data, test, *model, teacher, silent};
  const auto points = run_deepcod(subject);
  REQUIRE_MESSAGE(points.has_value(), points.error().message);
  REQUIRE(points->size() == 2);
  CHECK((*points)[0].coder == "lzw");
  CHECK((*points)[1].coder == "range");
  CHECK((*points)[1].bytes_mean > 0);
  CHECK((*points)[1].bytes_mean < 6 * 64 * 3 / 8 + 40);
  CHECK((*points)[1].epochs == 3);
  for (const char* ending : {".encoder.onnx", ".decoder.onnx"}) {
    CHECK(std::filesystem::exists(options.export_deepcod / (std::string("deepcod-6") + ending)));
  }
  const auto again = run_deepcod(subject);
  REQUIRE(again);
  CHECK((*again)[1].bytes_mean == (*points)[1].bytes_mean);
  CHECK((*again)[1].accuracy == (*points)[1].accuracy);
}

TEST_CASE("a point is one flat object, and a file keeps the lines of systems that were not measured again") {
  TemporaryFolder folder;
  const BaselinePoint point{"spinn", "cut at \"Relu_1\"", "deflate", 1234.5, 0.875, 42, 20};
  rapidjson::Document json;
  json.Parse(to_json(point));
  REQUIRE_FALSE(json.HasParseError());
  CHECK(json["system"] == "spinn");
  CHECK(json["variant"] == "cut at \"Relu_1\"");
  CHECK(json["coder"] == "deflate");
  CHECK(json["bytes_mean"].GetDouble() == doctest::Approx(1234.5));
  CHECK(json["accuracy"].GetDouble() == doctest::Approx(0.875));
  CHECK(json["device_macs"].GetUint64() == 42);
  CHECK(json["epochs"].GetDouble() == 20);
  CHECK(json.MemberCount() == 7);

  const auto file = folder.path() / "points.json";
  BaselinePoint other = point;
  other.system = "deepcod";
  REQUIRE(write_points(file, {point, other}));
  BaselinePoint better = point;
  better.accuracy = 0.9;
  REQUIRE(write_points(file, {better}));
  const auto text = sluice::bundle::read_file(file);
  REQUIRE(text);
  CHECK(*text == to_json(other) + '\n' + to_json(better) + '\n');
}

TEST_CASE("a system that is none is refused by name, with those that there are") {
  BaselineOptions options;
  options.systems = {"deepcod", "agilenet"};
  const auto ran = run_baselines(options, nullptr);
  REQUIRE_FALSE(ran.has_value());
  CHECK(ran.error().code == ErrorCode::kInvalidArgument);
  CHECK(ran.error().message.find("'agilenet'") != std::string::npos);
  CHECK(ran.error().message.find("entropic-bottleneck") != std::string::npos);
}
