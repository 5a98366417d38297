// Users' own classifiers: ONNX in, trainable, ONNX out.
#include "tests/native/train/doctest_with_torch.hpp"

#include "core/model/model.hpp"
#include "native/train/splitnet/onnx_network.hpp"
#include "native/train/splitnet/own_classifier.hpp"

namespace {

using namespace sluice::train::splitnet;
using sluice::train::OnnxExport;

// With a branch, as residual networks have, between two places where it can be cut.
std::string toy_classifier() {
  torch::manual_seed(9);
  OnnxExport graph("toy");
  graph.input("picture", {1, 3, 16, 16});
  const auto conv = [&](const std::string& x, std::int64_t in, std::int64_t out, std::int64_t stride) {
    return graph.convolution(x, 0.3 * torch::randn({out, in, 3, 3}), torch::randn({out}), stride, 1, 1);
  };
  const std::string stem = graph.node("Relu", {conv("picture", 3, 8, 2)}, {}, "stem");
  const std::string branch = conv(graph.node("Relu", {conv(stem, 8, 8, 1)}, {}, "within"), 8, 8, 1);
  const std::string norm = graph.node(
      "BatchNormalization", {branch, graph.constant(torch::rand({8}) + 0.5), graph.constant(torch::randn({8})),
                             graph.constant(torch::randn({8})), graph.constant(torch::rand({8}) + 0.5)});
  std::string x = graph.node("Add", {stem, norm}, {}, "joined");
  x = graph.node("Clip", {x, graph.constant(torch::zeros({})), graph.constant(torch::full({}, 6.0))});
  x = graph.node("GlobalAveragePool", {x});
  x = graph.node("Reshape", {x, graph.constant(torch::tensor({1, -1}, torch::kLong))});
  graph.output(graph.node("Gemm", {x, graph.constant(torch::randn({4, 8}))}, {{"transB", std::int64_t{1}}}, "logits"),
               {1, 4});
  return graph.finish();
}

torch::Tensor core_answer(const std::string& onnx, const torch::Tensor& x) {
  sluice::model::LoadOptions options;
  options.operators = sluice::model::all_operators();
  auto model = sluice::model::Model::load(std::as_bytes(std::span(onnx)), options);
  REQUIRE_MESSAGE(model.has_value(), model.error().message);
  const torch::Tensor packed = x.contiguous();
  const auto view =
      sluice::view_of(std::span<const float>(packed.data_ptr<float>(), static_cast<std::size_t>(packed.numel())),
                      *sluice::Shape::make({packed.sizes().data(), packed.sizes().size()}));
  REQUIRE(view.has_value());
  const auto ran = model->run(std::array{*view});
  REQUIRE_MESSAGE(ran.has_value(), ran.error().message);
  const auto values = model->output(0).as<float>();
  return torch::tensor(std::vector<float>(values.begin(), values.end()));
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.flatten() - b.flatten()).abs().max().item<double>();
}

}  // namespace

TEST_CASE("LibTorch computes what the core computes, and any batch") {
  const std::string onnx = toy_classifier();
  const auto network = OnnxNetworkImpl::load(onnx, "", Arithmetic::kFloat32);
  REQUIRE_MESSAGE(network.has_value(), network.error().message);
  const torch::Tensor x = torch::randn({3, 3, 16, 16});
  const torch::Tensor logits = (*network)->forward(x);
  CHECK(logits.sizes() == torch::IntArrayRef({3, 4}));
  CHECK(largest_difference(logits[1], core_answer(onnx, x.narrow(0, 1, 1))) < 1e-4);
}

TEST_CASE("the full model's own graph is read too") {
  torch::manual_seed(4);
  FullNetwork full(FullDesign{.side = 16, .classes = 3, .widths = {8, 8, 8}}, Arithmetic::kFloat32);
  full->eval();
  const torch::Tensor x = torch::randn({2, 3, 16, 16});
  for (const auto form : {sluice::train::WeightForm::kFloat32, sluice::train::WeightForm::kFloat16}) {
    const bool narrow = form == sluice::train::WeightForm::kFloat16;
    const std::string onnx = OwnClassifier(full, "toy").onnx(form);
    const auto network = OnnxNetworkImpl::load(onnx, "", Arithmetic::kFloat32);
    REQUIRE_MESSAGE(network.has_value(), network.error().message);
    CHECK(largest_difference((*network)->forward(x), full->forward(x)) < (narrow ? 1e-2 : 1e-4));
    CHECK((*network)->parameters().size() == 16);
  }
}

TEST_CASE("cuts are where nothing older is read, and the part behind one goes on from there") {
  const std::string onnx = toy_classifier();
  const auto whole = OnnxNetworkImpl::load(onnx, "", Arithmetic::kFloat32);
  REQUIRE(whole.has_value());
  std::vector<std::string> names;
  for (const CutPoint& point : (*whole)->cut_points()) names.push_back(point.name);
  const auto among = [&](const char* name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  CHECK(among("stem"));
  CHECK_FALSE(among("within"));
  CHECK(among("joined"));

  const torch::Tensor x = torch::randn({2, 3, 16, 16});
  for (const char* cut : {"stem", "joined"}) {
    const auto part = OnnxNetworkImpl::load(onnx, cut, Arithmetic::kFloat32);
    REQUIRE_MESSAGE(part.has_value(), part.error().message);
    CHECK(largest_difference((*part)->forward((*whole)->value_at(cut, x)), (*whole)->forward(x)) < 1e-4);
  }
  CHECK(OnnxNetworkImpl::load(onnx, "nowhere", Arithmetic::kFloat32).error().code == sluice::ErrorCode::kNotFound);
  CHECK(OnnxNetworkImpl::load(onnx, "within", Arithmetic::kFloat32).error().code ==
        sluice::ErrorCode::kInvalidArgument);
}

TEST_CASE("weights can be trained further, and are written with the graph") {
  const auto part = OnnxNetworkImpl::load(toy_classifier(), "stem", Arithmetic::kFloat32);
  REQUIRE(part.has_value());
  OnnxNetworkImpl& network = **part;
  const torch::Tensor x = torch::randn({1, 8, 8, 8});
  const torch::Tensor before = network.forward(x);
  torch::optim::SGD optimiser(network.parameters(), 0.05);
  network.forward(x).square().sum().backward();
  optimiser.step();
  const torch::Tensor after = network.forward(x);
  CHECK(largest_difference(before, after) > 1e-3);

  OnnxExport graph("again", network.opset());
  graph.input("features", {1, 8, 8, 8});
  graph.output(network.write(graph, "features"), {1, 4});
  CHECK(largest_difference(core_answer(graph.finish(), x), after) < 1e-4);
}

TEST_CASE("a node that cannot be trained is named") {
  OnnxExport graph("toy");
  graph.input("x", {1, 4});
  graph.output(graph.node("Hardmax", {"x"}, {}, "y"), {1, 4});
  const auto network = OnnxNetworkImpl::load(graph.finish(), "", Arithmetic::kFloat32);
  CHECK(network.error().code == sluice::ErrorCode::kUnsupportedOperator);
  CHECK(network.error().message.find("Hardmax") != std::string::npos);
}
