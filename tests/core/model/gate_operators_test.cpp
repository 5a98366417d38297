// The gate set must give what the full set gives, for what it takes, and say no to the rest.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/model/onnx_builder.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::test;

namespace {

using Ints = std::vector<std::int64_t>;

void check_both_sets(const std::string& onnx) {
  auto gate = load(onnx, true, gate_operators());
  auto full = load(onnx, false, all_operators());
  REQUIRE_MESSAGE(gate.has_value(), (gate ? std::string() : describe(gate.error())));
  REQUIRE(full.has_value());
  std::vector<Tensor> inputs;
  std::vector<TensorView> views;
  for (const TensorInfo& info : full->inputs()) {
    inputs.push_back(random_tensor(*Shape::make(info.dims), static_cast<std::uint32_t>(inputs.size() + 1)));
  }
  for (const Tensor& input : inputs) views.push_back(input.view());
  const auto expected = run(*full, views);
  const auto actual = run(*gate, views);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(largest_difference(expected[i], actual[i]) < 1e-5);
}

}  // namespace

TEST_CASE("a small gate runs on the gate set") {
  OnnxBuilder builder;
  builder.float_input("image", {1, 3, 16, 16});
  builder.constant<float>("mean", Shape{1, 3, 1, 1}, {0.1F, 0.2F, 0.3F});
  builder.add_node("Sub", {"image", "mean"}, {"centred"});
  builder.conv("centred", "c1", 3, 8, 3, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  builder.add_node("Relu", {"c1"}, {"r1"});
  builder.conv("r1", "c2", 8, 8, 3, {{"pads", Ints{1, 1, 1, 1}}}, 8);
  builder.add_node("Add", {"r1", "c2"}, {"sum"});
  builder.add_node("Relu", {"sum"}, {"r2"});
  builder.add_node("GlobalAveragePool", {"r2"}, {"mean_of"});
  builder.add_node("Flatten", {"mean_of"}, {"flat"});
  builder.random_constant("w", Shape{8, 1});
  builder.add_node("Gemm", {"flat", "w"}, {"logit"});
  builder.add_node("Sigmoid", {"logit"}, {"score"});
  builder.float_output("score", {1, 1});
  check_both_sets(builder.finish());
}

TEST_CASE("its elementwise operators broadcast as ONNX says") {
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {Shape{2, 3, 4}, Shape{2, 3, 4}}, {Shape{2, 3, 4}, Shape{4}},       {Shape{2, 3, 4}, Shape{3, 1}},
      {Shape{1}, Shape{2, 3}},          {Shape{2, 1, 4}, Shape{1, 3, 1}}, {Shape{5, 1}, Shape{1, 6}},
      {Shape{0, 3}, Shape{3}},          {Shape{}, Shape{2, 2}},
  };
  for (const std::string op_type : {"Add", "Sub", "Mul"}) {
    for (const auto& [a, b] : shapes) {
      CAPTURE(op_type);
      CAPTURE(to_string(a));
      CAPTURE(to_string(b));
      OnnxBuilder builder;
      builder.add_input("a", DataType::kFloat32, a.dims());
      builder.add_input("b", DataType::kFloat32, b.dims());
      builder.add_node(op_type, {"a", "b"}, {"y"});
      builder.float_output("y");
      check_both_sets(builder.finish());
    }
  }
}

TEST_CASE("Clip with constant bounds, on its own") {
  OnnxBuilder builder;
  builder.float_input("x", {3, 5});
  builder.constant<float>("low", Shape{}, {-0.25F});
  builder.constant<float>("high", Shape{}, {0.5F});
  builder.add_node("Clip", {"x", "low", "high"}, {"y"});
  builder.float_output("y");
  check_both_sets(builder.finish());
}

TEST_CASE("what it lacks is refused with the nearest that it has") {
  OnnxBuilder builder;
  builder.float_input("x", {1, 4});
  builder.add_node("Tanh", {"x"}, {"y"}, {}, "squash");
  builder.float_output("y");
  const std::string error = error_of(builder.finish(), gate_operators());
  CHECK(error.find("Tanh") != std::string::npos);
  CHECK(error.find("'squash'") != std::string::npos);
  CHECK(error.find("nearest supported operator is") != std::string::npos);
}
