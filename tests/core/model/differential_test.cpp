// The fast path against the reference: random nodes and small networks, from fixed seeds, run on the plain kernels as written
// and on all kernels behind the passes. Both must give the same numbers, or both refuse.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/model/ops/onnx_operators.hpp"
#include "tests/core/model/onnx_builder.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Attributes = std::vector<Attribute>;

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool once_in(std::int64_t n) { return between(1, n) == 1; }
  std::int64_t one_of(const Ints& choices) {
    return choices[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(choices.size()) - 1))];
  }

 private:
  std::mt19937_64 random_;
};

// Rounding differs in the order of sums, so the error grows with the numbers that are summed.
constexpr double kTolerance = 2e-5;

double largest_magnitude(const Tensor& tensor) {
  double largest = 1.0;
  for (float value : tensor.as<float>()) largest = std::max(largest, static_cast<double>(std::fabs(value)));
  return largest;
}

// Whether the reference ran. Where it refuses, the fast path must refuse too.
bool compare(const std::string& onnx, double tolerance = kTolerance) {
  auto reference = load(onnx, false, ops::onnx_operators());
  auto fast = load(onnx, true);
  REQUIRE_MESSAGE(reference.has_value() == fast.has_value(),
                  (reference ? std::string("the reference loads it") : describe(reference.error())), " but ",
                  (fast ? std::string("the fast path loads it") : describe(fast.error())));
  if (!reference) return false;
  // Twice: the second inputs meet buffers that hold the first ones' values.
  for (std::uint32_t round = 0; round < 2; ++round) {
    std::vector<Tensor> inputs;
    std::vector<TensorView> views;
    for (const TensorInfo& info : reference->inputs()) {
      inputs.push_back(
          random_tensor(*Shape::make(info.dims), round * 100 + static_cast<std::uint32_t>(inputs.size()) + 1));
    }
    for (const Tensor& input : inputs) views.push_back(input.view());
    const auto expected = run(*reference, views);
    const auto actual = run(*fast, views);
    REQUIRE(expected.size() == actual.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(largest_difference(expected[i], actual[i]) <= tolerance * largest_magnitude(expected[i]));
    }
  }
  return true;
}

Attributes random_window(Dice& dice, std::int64_t kernel_height, std::int64_t kernel_width, bool dilates) {
  Attributes attributes{{"kernel_shape", Ints{kernel_height, kernel_width}},
                        {"strides", Ints{dice.between(1, 3), dice.between(1, 3)}}};
  if (dilates && dice.once_in(3)) attributes.push_back({"dilations", Ints{dice.between(1, 3), dice.between(1, 3)}});
  switch (dice.between(0, 3)) {
    case 0: attributes.push_back({"auto_pad", std::string("SAME_UPPER")}); break;
    case 1: attributes.push_back({"auto_pad", std::string("SAME_LOWER")}); break;
    case 2: {
      const std::int64_t h = kernel_height - 1;
      const std::int64_t w = kernel_width - 1;
      attributes.push_back(
          {"pads", Ints{dice.between(0, h), dice.between(0, w), dice.between(0, h), dice.between(0, w)}});
      break;
    }
    default: break;
  }
  return attributes;
}

}  // namespace

TEST_CASE("convolution: groups, strides, dilations and uneven padding") {
  int ran = 0;
  for (std::uint32_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const std::int64_t groups = dice.one_of({1, 1, 1, 2, 4, 8});
    const bool depthwise = groups == 8;
    const std::int64_t per_group = depthwise ? 1 : dice.between(1, 5);
    const std::int64_t outputs = groups * (depthwise ? dice.one_of({1, 1, 2}) : dice.between(1, 5));
    const std::int64_t kernel_height = dice.one_of({1, 1, 2, 3, 3, 5});
    const std::int64_t kernel_width = dice.once_in(4) ? dice.between(1, 4) : kernel_height;
    const std::int64_t height = dice.between(1, 14);
    const std::int64_t width = dice.between(1, 14);
    OnnxBuilder builder;
    builder.float_input("x", {dice.between(1, 2), groups * per_group, height, width});
    builder.random_constant("w", Shape{outputs, per_group, kernel_height, kernel_width});
    std::vector<std::string> inputs{"x", "w"};
    if (!dice.once_in(3)) {
      builder.random_constant("b", Shape{outputs});
      inputs.push_back("b");
    }
    Attributes attributes = random_window(dice, kernel_height, kernel_width, true);
    attributes.push_back({"group", groups});
    builder.add_node("Conv", inputs, {"y"}, attributes);
    builder.float_output("y");
    ran += compare(builder.finish());
  }
  CHECK(ran > 80);
}

namespace {

std::string transposed_convolution(Dice& dice, std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                   std::int64_t pad) {
  const std::int64_t groups = dice.one_of({1, 1, 2});
  OnnxBuilder builder;
  builder.float_input("x", {1, groups * 3, size, size});
  builder.random_constant("w", Shape{groups * 3, dice.between(1, 4), kernel, kernel});
  Attributes attributes{{"strides", Ints{stride, stride}}, {"group", groups}, {"pads", Ints{pad, pad, pad, pad}}};
  if (stride > 1 && dice.once_in(3)) attributes.push_back({"output_padding", Ints{1, 1}});
  builder.add_node("ConvTranspose", {"x", "w"}, {"y"}, attributes);
  builder.float_output("y");
  return builder.finish();
}

}  // namespace

TEST_CASE("transposed convolution") {
  int ran = 0;
  for (std::uint32_t seed = 1; seed <= 80; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const std::int64_t kernel = dice.between(1, 4);
    ran += compare(transposed_convolution(dice, dice.between(2, 7), kernel, dice.between(1, 3),
                                          dice.between(0, (kernel - 1) / 2)));
  }
  CHECK(ran > 60);
}

TEST_CASE(
    "a transposed convolution whose output is smaller than its stride is refused on the fast path, and no worse") {
  Dice dice(1);
  const auto model = load(transposed_convolution(dice, 1, 3, 3, 1), true);
  REQUIRE(!model.has_value());
  CHECK(model.error().code == ErrorCode::kUnsupportedOperator);
}

TEST_CASE("pooling: padding, ceil mode and whether padding counts") {
  int ran = 0;
  for (std::uint32_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const bool largest = dice.once_in(2);
    OnnxBuilder builder;
    builder.float_input("x", {dice.between(1, 2), dice.between(1, 9), dice.between(1, 12), dice.between(1, 12)});
    Attributes attributes = random_window(dice, dice.between(1, 4), dice.between(1, 4), largest);
    if (dice.once_in(3)) attributes.push_back({"ceil_mode", std::int64_t{1}});
    if (!largest && dice.once_in(2)) attributes.push_back({"count_include_pad", std::int64_t{1}});
    builder.add_node(largest ? "MaxPool" : "AveragePool", {"x"}, {"y"}, attributes);
    builder.float_output("y");
    ran += compare(builder.finish());
  }
  CHECK(ran > 70);
}

TEST_CASE("matrix products: Gemm's transpositions and factors, MatMul's ranks") {
  for (std::uint32_t seed = 1; seed <= 80; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const std::int64_t rows = dice.between(1, 6);
    const std::int64_t depth = dice.between(1, 20);
    const std::int64_t columns = dice.between(1, 20);
    OnnxBuilder builder;
    if (dice.once_in(2)) {
      const bool left = dice.once_in(3);
      const bool right = dice.once_in(2);
      builder.float_input("x", {left ? depth : rows, left ? rows : depth});
      builder.random_constant("w", right ? Shape{columns, depth} : Shape{depth, columns});
      std::vector<std::string> inputs{"x", "w"};
      const std::int64_t bias = dice.between(0, 3);
      if (bias == 1) builder.random_constant("c", Shape{columns});
      if (bias == 2) builder.random_constant("c", Shape{1});
      if (bias == 3) builder.random_constant("c", Shape{rows, columns});
      if (bias != 0) inputs.push_back("c");
      Attributes attributes{{"transA", std::int64_t{left}}, {"transB", std::int64_t{right}}};
      if (dice.once_in(3)) attributes.push_back({"alpha", 0.5F});
      if (dice.once_in(3)) attributes.push_back({"beta", -2.0F});
      builder.add_node("Gemm", inputs, {"y"}, attributes);
    } else {
      const std::int64_t batch = dice.between(1, 3);
      if (dice.once_in(2)) builder.float_input("x", {batch, rows, depth});
      else builder.float_input("x", {rows, depth});
      if (dice.once_in(2)) builder.random_constant("w", Shape{depth, columns});
      else builder.float_input("w", {batch, depth, columns});
      builder.add_node("MatMul", {"x", "w"}, {"y"});
    }
    builder.float_output("y");
    CHECK(compare(builder.finish()));
  }
}

TEST_CASE("elementwise operators broadcast alike") {
  const std::vector<std::vector<Ints>> shapes{{{2, 3, 4, 5}, {2, 3, 4, 5}}, {{2, 3, 4, 5}, {3, 1, 1}},
                                              {{2, 3, 4, 5}, {1}},          {{3, 1, 1}, {2, 3, 4, 5}},
                                              {{2, 1, 4, 1}, {1, 3, 1, 5}}, {{7}, {7}},
                                              {{2, 3, 4, 5}, {5}},          {{1, 8, 1, 1}, {2, 8, 3, 3}}};
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min"}) {
    for (const auto& pair : shapes) {
      for (bool constant : {false, true}) {
        CAPTURE(op);
        OnnxBuilder builder;
        builder.add_input("a", DataType::kFloat32, pair[0]);
        if (constant) builder.random_constant("b", *Shape::make(pair[1]));
        else builder.add_input("b", DataType::kFloat32, pair[1]);
        // Away from 0, so that quotients keep to numbers that can be compared.
        builder.constant<float>("three", Shape{1}, {3.0F});
        builder.add_node("Add", {"b", "three"}, {"divisor"});
        builder.add_node(op, {"a", "divisor"}, {"y"});
        builder.float_output("y");
        CHECK(compare(builder.finish()));
      }
    }
  }
  for (const char* op : {"Relu", "Sigmoid", "Tanh", "HardSwish", "LeakyRelu", "Elu", "Exp", "Abs", "Neg", "Floor",
                         "Ceil", "Round", "Softmax"}) {
    CAPTURE(op);
    OnnxBuilder builder;
    builder.float_input("x", {2, 3, 5, 7});
    builder.add_node(op, {"x"}, {"y"});
    builder.float_output("y");
    CHECK(compare(builder.finish()));
  }
}

TEST_CASE("resizing: scales and coordinates") {
  int ran = 0;
  for (std::uint32_t seed = 1; seed <= 80; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    OnnxBuilder builder;
    builder.float_input("x", {1, dice.between(1, 5), dice.between(1, 7), dice.between(1, 7)});
    const bool linear = dice.once_in(2);
    const auto scale = [&] {
      return static_cast<float>(dice.one_of({1, 2, 2, 3, 4})) / (dice.once_in(4) ? 2.0F : 1.0F);
    };
    builder.constant<float>("scales", Shape{4}, {1, 1, scale(), scale()});
    const std::vector<std::string> coordinates{"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"};
    Attributes attributes{
        {"mode", std::string(linear ? "linear" : "nearest")},
        {"coordinate_transformation_mode", coordinates[static_cast<std::size_t>(dice.between(0, 3))]}};
    if (!linear) {
      const std::vector<std::string> rounding{"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"};
      attributes.push_back({"nearest_mode", rounding[static_cast<std::size_t>(dice.between(0, 3))]});
    }
    builder.add_node("Resize", {"x", "", "scales"}, {"y"}, attributes);
    builder.float_output("y");
    ran += compare(builder.finish());
  }
  CHECK(ran == 80);
}

TEST_CASE("small networks: what the passes fold, fuse and lay out") {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    OnnxBuilder builder;
    std::int64_t channels = dice.between(1, 4);
    builder.float_input("x", {1, channels, 16, 16});
    std::string last = "x";
    const std::int64_t layers = dice.between(2, 7);
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      const std::string next = "v" + std::to_string(layer);
      const auto unary = [&](const char* op, const Attributes& attributes = {}) {
        builder.add_node(op, {last}, {next}, attributes);
      };
      switch (dice.between(0, 9)) {
        case 0: {
          const std::int64_t outputs = dice.between(1, 8);
          builder.conv(last, next, channels, outputs, 3, {{"pads", Ints{1, 1, 1, 1}}});
          channels = outputs;
          break;
        }
        case 1:
          builder.conv(last, next, channels, channels, 3, {{"auto_pad", std::string("SAME_UPPER")}}, channels);
          break;
        case 2: {
          const std::int64_t outputs = dice.between(1, 8);
          builder.conv(last, next, channels, outputs, 1);
          channels = outputs;
          break;
        }
        case 3: {
          builder.random_constant(next + "_scale", Shape{channels});
          builder.random_constant(next + "_bias", Shape{channels});
          builder.random_constant(next + "_mean", Shape{channels});
          builder.constant<float>(next + "_variance", Shape{channels},
                                  std::vector<float>(static_cast<std::size_t>(channels), 0.7F));
          builder.add_node("BatchNormalization",
                           {last, next + "_scale", next + "_bias", next + "_mean", next + "_variance"}, {next});
          break;
        }
        case 4: unary(dice.once_in(2) ? "Relu" : "Sigmoid"); break;
        case 5: unary("MaxPool", {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}}); break;
        case 6: {
          builder.add_node("Sigmoid", {last}, {next + "_gate"});
          builder.add_node(dice.once_in(2) ? "Mul" : "Add", {last, next + "_gate"}, {next});
          break;
        }
        case 7: {
          builder.add_node("Relu", {last}, {next + "_side"});
          builder.add_node("Concat", {last, next + "_side"}, {next}, {{"axis", std::int64_t{1}}});
          channels *= 2;
          break;
        }
        case 8: {
          builder.random_constant(next + "_offset", dice.once_in(2) ? Shape{channels, 1, 1} : Shape{1});
          builder.add_node(dice.once_in(2) ? "Mul" : "Sub", {last, next + "_offset"}, {next});
          break;
        }
        default: {
          builder.add_node("Transpose", {last}, {next + "_last"}, {{"perm", Ints{0, 2, 3, 1}}});
          builder.add_node("Transpose", {next + "_last"}, {next}, {{"perm", Ints{0, 3, 1, 2}}});
        }
      }
      last = next;
    }
    builder.add_node("GlobalAveragePool", {last}, {"pooled"});
    builder.add_node("Flatten", {"pooled"}, {"flat"});
    builder.float_output(last);
    builder.float_output("flat");
    CHECK(compare(builder.finish(), 1e-4));
  }
}
