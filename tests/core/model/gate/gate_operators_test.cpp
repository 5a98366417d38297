// The gate set must give what the full set gives, for what it takes, and say no to the rest.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/model/onnx_builder.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Inputs = std::vector<std::string>;

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

TEST_CASE("convolutions of every form it takes") {
  struct Form {
    std::int64_t inputs, outputs, group;
    Ints kernel, strides, dilations, pads;
    std::string auto_pad;
  };
  const std::vector<Form> forms = {
      {3, 8, 1, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, ""},    {5, 7, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, ""},
      {4, 9, 1, {1, 1}, {2, 2}, {1, 1}, {0, 0, 0, 0}, ""},    {4, 6, 2, {3, 2}, {1, 2}, {2, 1}, {2, 0, 1, 1}, ""},
      {6, 6, 6, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, ""},    {11, 11, 11, {2, 2}, {2, 1}, {1, 1}, {0, 0, 0, 0}, ""},
      {9, 9, 9, {5, 5}, {2, 2}, {1, 1}, {2, 2, 2, 2}, ""},    {3, 3, 3, {7, 7}, {1, 1}, {1, 1}, {3, 3, 3, 3}, ""},
      {4, 8, 4, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, ""},    {1, 1, 1, {3, 3}, {1, 1}, {3, 3}, {3, 3, 3, 3}, ""},
      {2, 17, 1, {11, 13}, {1, 1}, {1, 1}, {0, 0, 0, 0}, ""}, {3, 5, 1, {3, 3}, {2, 2}, {1, 1}, {}, "SAME_UPPER"},
      {3, 5, 1, {4, 4}, {3, 3}, {1, 1}, {}, "SAME_LOWER"},    {8, 8, 8, {3, 3}, {2, 2}, {1, 1}, {}, "SAME_UPPER"},
  };
  for (const Form& form : forms) {
    for (const bool bounded : {false, true}) {
      CAPTURE(form.outputs);
      CAPTURE(form.group);
      CAPTURE(form.kernel[0]);
      CAPTURE(form.auto_pad);
      OnnxBuilder builder;
      builder.float_input("x", {2, form.inputs, 11, 13});
      builder.random_constant(
          "w", *Shape::make(Ints{form.outputs, form.inputs / form.group, form.kernel[0], form.kernel[1]}));
      std::vector<Attribute> attributes = {
          {"strides", form.strides}, {"dilations", form.dilations}, {"group", form.group}};
      if (form.auto_pad.empty()) {
        attributes.push_back({"pads", form.pads});
      } else {
        attributes.push_back({"auto_pad", form.auto_pad});
      }
      if (bounded) builder.random_constant("b", Shape{form.outputs});
      builder.add_node("Conv", bounded ? Inputs{"x", "w", "b"} : Inputs{"x", "w"}, {"c"}, attributes);
      if (bounded) builder.add_node("Relu", {"c"}, {"y"});
      builder.float_output(bounded ? "y" : "c");
      check_both_sets(builder.finish());
    }
  }
}

TEST_CASE("matrix products with constant weights") {
  for (const std::int64_t rows : {1, 3, 4, 6}) {
    for (const std::int64_t transposed : {0, 1}) {
      CAPTURE(rows);
      CAPTURE(transposed);
      OnnxBuilder builder;
      builder.float_input("x", {rows, 7});
      builder.random_constant("w", transposed != 0 ? Shape{10, 7} : Shape{7, 10});
      builder.random_constant("b", Shape{10});
      builder.add_node("Gemm", {"x", "w", "b"}, {"y"}, {{"transB", transposed}});
      builder.float_output("y");
      check_both_sets(builder.finish());
    }
  }
}

TEST_CASE("pools") {
  for (const std::string op_type : {"MaxPool", "AveragePool"}) {
    for (const Ints& kernel : {Ints{2, 2}, Ints{3, 3}, Ints{5, 2}}) {
      for (const Ints& pads : {Ints{0, 0, 0, 0}, Ints{1, 0, 0, 1}, Ints{1, 1, 1, 1}}) {
        CAPTURE(op_type);
        CAPTURE(kernel[0]);
        CAPTURE(pads[0] + pads[3]);
        OnnxBuilder builder;
        builder.float_input("x", {2, 5, 9, 8});
        builder.add_node(op_type, {"x"}, {"p"}, {{"kernel_shape", kernel}, {"strides", Ints{2, 1}}, {"pads", pads}});
        builder.add_node("Relu", {"p"}, {"y"});
        builder.float_output("y");
        check_both_sets(builder.finish());
      }
    }
  }
  OnnxBuilder builder;
  builder.float_input("x", {1, 3, 9, 9});
  builder.add_node("MaxPool", {"x"}, {"y"},
                   {{"kernel_shape", Ints{3, 3}}, {"dilations", Ints{2, 2}}, {"pads", Ints{2, 2, 2, 2}}});
  builder.float_output("y");
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
