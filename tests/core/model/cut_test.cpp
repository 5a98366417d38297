// Cuts of a model: halves that run one after the other give what the whole gives, and cuts that make no sense are refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "core/model/onnx_reader.hpp"
#include "tests/core/model/onnx_builder.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::test;

namespace {

Result<Model> load_cut(const std::string& onnx, const Cut& cut, bool optimize) {
  LoadOptions options;
  options.operators = all_operators();
  options.optimize = optimize;
  return Model::load(as_bytes(onnx), cut, options);
}

Error refusal_of(const std::string& onnx, const Cut& cut) {
  const auto model = load_cut(onnx, cut, true);
  REQUIRE_FALSE(model.has_value());
  return model.error();
}

std::vector<std::string> names_of(std::span<const TensorInfo> infos) {
  std::vector<std::string> names;
  for (const TensorInfo& info : infos) names.push_back(info.name);
  return names;
}

std::vector<TensorView> views_of(const std::vector<Tensor>& tensors) {
  std::vector<TensorView> views;
  for (const Tensor& tensor : tensors) views.push_back(tensor.view());
  return views;
}

std::vector<Tensor> random_inputs_of(const Model& model, std::uint32_t seed) {
  std::vector<Tensor> inputs;
  for (const TensorInfo& info : model.inputs()) inputs.push_back(random_tensor(*Shape::make(info.dims), seed++));
  return inputs;
}

bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::ranges::equal(a, b, [](const Tensor& x, const Tensor& y) {
    return x.type() == y.type() && x.shape() == y.shape() && std::ranges::equal(x.view().bytes, y.view().bytes);
  });
}

// What the two halves of a cut at `at` give for the inputs.
std::vector<Tensor> in_halves(const std::string& onnx, const Model& whole, const std::vector<std::string>& at,
                              const std::vector<Tensor>& inputs, bool optimize) {
  auto first = load_cut(onnx, {names_of(whole.inputs()), at}, optimize);
  REQUIRE_MESSAGE(first.has_value(), (first ? std::string() : describe(first.error())));
  auto second = load_cut(onnx, {at, names_of(whole.outputs())}, optimize);
  REQUIRE_MESSAGE(second.has_value(), (second ? std::string() : describe(second.error())));
  CHECK(names_of(first->outputs()) == at);
  CHECK(names_of(second->inputs()) == at);
  const auto between = run(*first, views_of(inputs));
  return run(*second, views_of(between));
}

// A chain of random nodes on [1, 8, 6, 6] with a branch around some of them; `cuts` are the tensors that separate it.
std::string random_chain(std::uint32_t seed, std::vector<std::string>& cuts) {
  std::mt19937 random(seed);
  OnnxBuilder onnx;
  onnx.float_input("x", {1, 8, 6, 6});
  std::string at = "x";
  const auto length = 3 + random() % 6;
  for (std::uint32_t step = 0; step < length; ++step) {
    const std::string next = "t" + std::to_string(step);
    switch (random() % 5) {
      case 0: onnx.conv(at, next, 8, 8, 3, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}); break;
      case 1: onnx.add_node("Relu", {at}, {next}); break;
      case 2: onnx.add_node("Sigmoid", {at}, {next}); break;
      case 3: onnx.conv(at, next, 8, 8, 3, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}, 8); break;
      default: onnx.conv(at, next + "_branch", 8, 8, 1); onnx.add_node("Add", {at, next + "_branch"}, {next});
    }
    cuts.push_back(next);
    at = next;
  }
  cuts.pop_back();
  onnx.float_output(at, {1, 8, 6, 6});
  return onnx.finish();
}

std::string committed_model() {
  std::ifstream file(SLUICE_SOURCE_DIR "/bundles/faces/filter.onnx", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// x -> Relu -> a -> Sigmoid -> b -> Add with a -> y, and beside it z = Neg of the other input.
std::string branched_model() {
  OnnxBuilder onnx;
  onnx.float_input("x", {1, 4});
  onnx.float_input("other", {1, 4});
  onnx.random_constant("w", {1, 4});
  onnx.add_node("Relu", {"x"}, {"a"});
  onnx.add_node("Sigmoid", {"a"}, {"b"});
  onnx.add_node("Add", {"a", "b"}, {"y"});
  onnx.add_node("Neg", {"other"}, {"z"});
  onnx.add_node("Mul", {"z", "w"}, {"u"});
  onnx.float_output("y", {1, 4});
  onnx.float_output("u", {1, 4});
  return onnx.finish();
}

}  // namespace

TEST_CASE("halves of random networks give bit for bit what the whole gives") {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    std::vector<std::string> cuts;
    const std::string onnx = random_chain(seed, cuts);
    auto whole = load(onnx, false);
    REQUIRE(whole.has_value());
    const auto inputs = random_inputs_of(*whole, seed);
    const auto expected = run(*whole, views_of(inputs));
    for (const std::string& cut : cuts) {
      CAPTURE(cut);
      CHECK(same_bits(in_halves(onnx, *whole, {cut}, inputs, false), expected));
      const auto optimised = in_halves(onnx, *whole, {cut}, inputs, true);
      CHECK(largest_difference(optimised[0], expected[0]) < 1e-3);
    }
  }
}

TEST_CASE("halves of the faces filter give bit for bit what the whole gives, wherever one tensor separates it") {
  const std::string onnx = committed_model();
  REQUIRE(onnx.size() > 1000);
  auto plain = load(onnx, false);
  auto fast = load(onnx, true);
  REQUIRE(plain.has_value());
  REQUIRE(fast.has_value());
  const auto inputs = random_inputs_of(*plain, 7);
  const auto expected = run(*plain, views_of(inputs));
  const auto expected_fast = run(*fast, views_of(inputs));
  const auto graph = read_onnx(as_bytes(onnx), {});
  REQUIRE(graph.has_value());
  int cuts = 0;
  for (const Node& node : graph->nodes) {
    const std::string& at = graph->values[node.outputs[0]].name;
    const auto second = load_cut(onnx, {{at}, names_of(plain->outputs())}, false);
    if (!second) continue;  // a branch goes around it
    ++cuts;
    CAPTURE(at);
    CHECK(same_bits(in_halves(onnx, *plain, {at}, inputs, false), expected));
    // Passes rewrite across other places than behind an activation.
    if (node.op_type == "Relu" || node.op_type == "Clip" || node.op_type == "HardSwish") {
      CHECK(same_bits(in_halves(onnx, *fast, {at}, inputs, true), expected_fast));
    }
  }
  CHECK(cuts > 5);
}

TEST_CASE("a cut has the tensors that it names, in their order, and nothing of the rest") {
  auto cut = load_cut(branched_model(), {{"b", "a"}, {"y"}}, false);
  REQUIRE_MESSAGE(cut.has_value(), (cut ? std::string() : describe(cut.error())));
  CHECK(names_of(cut->inputs()) == std::vector<std::string>{"b", "a"});
  CHECK(cut->inputs()[0].dims == std::vector<std::int64_t>{1, 4});
  CHECK(cut->stats().nodes_run == 1);
  const Tensor one = random_tensor({1, 4}, 1);
  const Tensor two = random_tensor({1, 4}, 2);
  const auto sum = run(*cut, {one.view(), two.view()});
  CHECK(sum[0].as<float>()[3] == one.as<float>()[3] + two.as<float>()[3]);

  auto several = load_cut(branched_model(), {{"other", "x"}, {"u", "b", "a"}}, true);
  REQUIRE(several.has_value());
  CHECK(names_of(several->outputs()) == std::vector<std::string>{"u", "b", "a"});
}

TEST_CASE("a node that is needed for one of its outputs may have another that comes from outside") {
  OnnxBuilder onnx;
  onnx.float_input("x", {1, 4});
  onnx.add_node("Split", {"x"}, {"left", "right"}, {{"axis", std::int64_t{1}}});
  onnx.add_node("Sub", {"left", "right"}, {"y"});
  onnx.float_output("y", {1, 2});
  auto cut = load_cut(onnx.finish(), {{"x", "left"}, {"y"}}, true);
  REQUIRE_MESSAGE(cut.has_value(), (cut ? std::string() : describe(cut.error())));
  const Tensor x = random_tensor({1, 4}, 1);
  const Tensor left = random_tensor({1, 2}, 2);
  const auto y = run(*cut, {x.view(), left.view()});
  CHECK(y[0].as<float>()[0] == left.as<float>()[0] - x.as<float>()[2]);
}

TEST_CASE("shapes that follow from the inputs' do not tie a cut to the inputs") {
  OnnxBuilder onnx;
  onnx.float_input("x", {2, 6});
  onnx.add_node("Relu", {"x"}, {"a"});
  onnx.add_node("Shape", {"x"}, {"shape"});
  onnx.constant<std::int64_t>("first", {1}, {0});
  onnx.constant<std::int64_t>("rest", {2}, {3, 2});
  onnx.add_node("Gather", {"shape", "first"}, {"batch"});
  onnx.add_node("Concat", {"batch", "rest"}, {"target"}, {{"axis", std::int64_t{0}}});
  onnx.add_node("Reshape", {"a", "target"}, {"y"});
  onnx.float_output("y");
  auto cut = load_cut(onnx.finish(), {{"a"}, {"y"}}, true);
  REQUIRE_MESSAGE(cut.has_value(), (cut ? std::string() : describe(cut.error())));
  const Tensor a = random_tensor({2, 6}, 1);
  CHECK(run(*cut, {a.view()})[0].shape() == Shape{2, 3, 2});
}

TEST_CASE("cuts that make no sense are refused and say what is wrong") {
  const std::string onnx = branched_model();
  const auto refused = [&](const Cut& cut, ErrorCode code, std::string_view word) {
    const Error error = refusal_of(onnx, cut);
    CAPTURE(error.message);
    CHECK(error.code == code);
    CHECK(error.message.find(word) != std::string::npos);
  };
  refused({{"nobody"}, {"y"}}, ErrorCode::kNotFound, "no tensor 'nobody', which the cut's 'from' names");
  refused({{"a"}, {"nobody"}}, ErrorCode::kNotFound, "the cut's 'to' names");
  refused({{}, {"y"}}, ErrorCode::kInvalidArgument, "the cut is empty: 'from' names no tensor");
  refused({{"a"}, {}}, ErrorCode::kInvalidArgument, "the cut is empty: 'to' names no tensor");
  refused({{"a"}, {"a"}}, ErrorCode::kInvalidArgument, "names 'a' twice");
  refused({{"a", "a"}, {"y"}}, ErrorCode::kInvalidArgument, "names 'a' twice");
  refused({{"w", "z"}, {"u"}}, ErrorCode::kInvalidArgument, "'w', which is a weight");
  refused({{"b"}, {"y"}}, ErrorCode::kInvalidArgument, "still needs the model's input 'x'");
  refused({{"y"}, {"a"}}, ErrorCode::kInvalidArgument, "still needs the model's input 'x'");
  refused({{"a", "other"}, {"y"}}, ErrorCode::kInvalidArgument, "no output of the cut depends on 'other'");
  refused({{"x"}, {"other"}}, ErrorCode::kInvalidArgument, "still needs the model's input 'other'");

  OnnxBuilder open;
  open.float_input("x", {-1, 4});
  open.add_node("Relu", {"x"}, {"a"});
  open.add_node("Sigmoid", {"a"}, {"y"});
  open.float_output("y", {-1, 4});
  const std::string open_onnx = open.finish();
  CHECK(refusal_of(open_onnx, {{"a"}, {"y"}}).code == ErrorCode::kInvalidGraph);
  CHECK(load_cut(open_onnx, {{"x"}, {"a"}}, true).has_value());
}

TEST_CASE("a half whose batch is left open takes any number of samples, each as if it came alone") {
  OnnxBuilder onnx;
  onnx.float_input("x", {-1, 3, 6, 6});
  onnx.conv("x", "a", 3, 8, 3, {});
  onnx.add_node("Relu", {"a"}, {"b"});
  onnx.conv("b", "c", 8, 8, 1, {});
  onnx.add_node("Relu", {"c"}, {"d"});
  onnx.add_node("GlobalAveragePool", {"d"}, {"e"});
  onnx.add_node("Flatten", {"e"}, {"y"});
  onnx.float_output("y", {-1, 8});
  LoadOptions options;
  options.operators = all_operators();
  options.batch = 1;
  const std::string bytes = onnx.finish();
  auto open = Model::load(as_bytes(bytes), Cut{{"b"}, {"y"}, true}, options);
  REQUIRE_MESSAGE(open.has_value(), (open ? std::string() : describe(open.error())));
  CHECK(open->inputs()[0].dims == std::vector<std::int64_t>{-1, 8, 4, 4});
  const Tensor three = random_tensor({3, 8, 4, 4}, 5);
  const auto together = run(*open, {three.view()});
  CHECK(together[0].shape() == Shape{3, 8});
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto row = static_cast<std::size_t>(i);
    const std::size_t size = three.view().bytes.size() / 3;
    auto alone = *Tensor::create(DataType::kFloat32, {1, 8, 4, 4});
    std::ranges::copy(three.view().bytes.subspan(row * size, size), alone.mutable_view().bytes.begin());
    const auto single = run(*open, {alone.view()});
    CHECK(std::ranges::equal(single[0].as<float>(), together[0].as<float>().subspan(row * 8, 8)));
  }
  // What it was loaded for is what it takes otherwise.
  auto closed = Model::load(as_bytes(bytes), Cut{{"b"}, {"y"}}, options);
  REQUIRE(closed);
  CHECK(closed->run(std::array{three.view()}).error().code == ErrorCode::kShapeMismatch);
}
