// int8: graphs of QuantizeLinear and DequantizeLinear become int8 operators, and stay within a step of the float arithmetic.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/model/onnx_reader.hpp"
#include "core/model/passes/fold_constants.hpp"
#include "core/model/passes/optimize.hpp"
#include "tests/core/model/onnx_builder.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::test;

namespace {

using Ints = std::vector<std::int64_t>;

class QuantizedBuilder : public OnnxBuilder {
 public:
  // Activations as uint8 or int8; the integers stand for the same values.
  explicit QuantizedBuilder(bool is_signed) : is_signed_(is_signed) {}

  // x -> integers -> "name"
  std::string quantise(const std::string& x, const std::string& name, float scale, int zero_point) {
    constant<float>(name + "_scale", Shape{}, {scale});
    if (is_signed_) {
      constant<std::int8_t>(name + "_zero", Shape{}, {static_cast<std::int8_t>(zero_point - 128)});
    } else {
      constant<std::uint8_t>(name + "_zero", Shape{}, {static_cast<std::uint8_t>(zero_point)});
    }
    add_node("QuantizeLinear", {x, name + "_scale", name + "_zero"}, {name + "_q"});
    add_node("DequantizeLinear", {name + "_q", name + "_scale", name + "_zero"}, {name});
    return name;
  }

  // Symmetric int8 weights with a scale for each output channel.
  std::string weights(const std::string& name, const Shape& shape, std::int64_t axis) {
    const auto channels = static_cast<std::size_t>(shape[static_cast<std::size_t>(axis)]);
    std::vector<std::int8_t> integers(*shape.element_count());
    for (std::size_t i = 0; i < integers.size(); ++i) integers[i] = static_cast<std::int8_t>((i * 37) % 251 - 125);
    std::vector<float> scales(channels);
    for (std::size_t c = 0; c < channels; ++c) scales[c] = 0.002F + 0.0005F * static_cast<float>(c);
    constant(name + "_q", shape, integers);
    constant(name + "_scale", Shape{static_cast<std::int64_t>(channels)}, scales);
    constant(name + "_zero", Shape{static_cast<std::int64_t>(channels)}, std::vector<std::int8_t>(channels, 0));
    add_node("DequantizeLinear", {name + "_q", name + "_scale", name + "_zero"}, {name}, {{"axis", axis}});
    return name;
  }

 private:
  bool is_signed_;
};

std::string quantised_network(bool is_signed) {
  QuantizedBuilder builder(is_signed);
  builder.float_input("image", {1, 3, 12, 12});
  const std::string x = builder.quantise("image", "x", 2.0F / 255.0F, 128);
  const std::string w1 = builder.weights("w1", Shape{8, 3, 3, 3}, 0);
  builder.random_constant("b1", Shape{8});
  builder.add_node("Conv", {x, w1, "b1"}, {"c1"}, {{"pads", Ints{1, 1, 1, 1}}});
  builder.add_node("Relu", {"c1"}, {"r1"});
  const std::string a1 = builder.quantise("r1", "a1", 3.0F / 255.0F, 0);
  const std::string w2 = builder.weights("w2", Shape{8, 1, 3, 3}, 0);
  builder.add_node("Conv", {a1, w2}, {"c2"}, {{"group", std::int64_t{8}}, {"pads", Ints{1, 1, 1, 1}}});
  const std::string a2 = builder.quantise("c2", "a2", 6.0F / 255.0F, 120);
  builder.add_node("Add", {a1, a2}, {"sum"});
  const std::string a3 = builder.quantise("sum", "a3", 8.0F / 255.0F, 110);
  builder.add_node("GlobalAveragePool", {a3}, {"mean"});
  const std::string a4 = builder.quantise("mean", "a4", 4.0F / 255.0F, 110);
  builder.add_node("Flatten", {a4}, {"flat"});
  const std::string a5 = builder.quantise("flat", "a5", 4.0F / 255.0F, 110);
  const std::string w3 = builder.weights("w3", Shape{5, 8}, 0);
  builder.add_node("Gemm", {a5, w3}, {"scores"}, {{"transB", std::int64_t{1}}});
  builder.quantise("scores", "y", 8.0F / 255.0F, 128);
  builder.float_output("y", {1, 5});
  return builder.finish();
}

Graph optimised(const std::string& onnx) {
  auto graph = read_onnx(as_bytes(onnx), {});
  REQUIRE(graph.has_value());
  const passes::PassContext context{all_operators(), {}, nullptr};
  passes::infer_shapes(*graph, context);
  REQUIRE(passes::optimize(*graph, context).has_value());
  return std::move(*graph);
}

std::size_t count(const Graph& graph, std::string_view op_type) {
  return static_cast<std::size_t>(std::ranges::count(graph.nodes, op_type, &Node::op_type));
}

}  // namespace

TEST_CASE("a quantised network runs on integers between its first and last conversion") {
  for (const bool is_signed : {false, true}) {
    CAPTURE(is_signed);
    const std::string onnx = quantised_network(is_signed);
    const Graph graph = optimised(onnx);
    CHECK(count(graph, "QuantizedConv") == 2);
    CHECK(count(graph, "QuantizedAdd") == 1);
    CHECK(count(graph, "QuantizedGlobalAveragePool") == 1);
    CHECK(count(graph, "QuantizedFullyConnected") == 1);
    CHECK(count(graph, "QuantizeLinear") == 1);
    CHECK(count(graph, "DequantizeLinear") == 1);
    CHECK(count(graph, "Relu") == 0);
  }
}

TEST_CASE("integers and real arithmetic differ by a step of the output's scale at most twice over") {
  for (const bool is_signed : {false, true}) {
    CAPTURE(is_signed);
    check_passes_keep_results(quantised_network(is_signed), 2.5 * 8.0 / 255.0);
  }
}

TEST_CASE("uint8 and int8 forms of one network give the same") {
  auto a = load(quantised_network(false));
  auto b = load(quantised_network(true));
  REQUIRE(a.has_value());
  REQUIRE(b.has_value());
  const Tensor input = random_tensor(Shape{1, 3, 12, 12}, 5);
  const auto from_unsigned = run(*a, {input.view()});
  const auto from_signed = run(*b, {input.view()});
  CHECK(largest_difference(from_unsigned[0], from_signed[0]) == 0.0);
}

TEST_CASE("weights that are not symmetric are computed in float32") {
  QuantizedBuilder builder(false);
  builder.float_input("image", {1, 1, 4, 4});
  const std::string x = builder.quantise("image", "x", 2.0F / 255.0F, 128);
  builder.constant<std::uint8_t>("w_q", Shape{1, 1, 2, 2}, {3, 200, 90, 255});
  builder.constant<float>("w_scale", Shape{}, {0.01F});
  builder.constant<std::uint8_t>("w_zero", Shape{}, {100});
  builder.add_node("DequantizeLinear", {"w_q", "w_scale", "w_zero"}, {"w"});
  builder.add_node("Conv", {x, "w"}, {"c"});
  builder.quantise("c", "y", 0.02F, 128);
  builder.float_output("y");
  const std::string onnx = builder.finish();
  const Graph graph = optimised(onnx);
  CHECK(count(graph, "QuantizedConv") == 0);
  CHECK(count(graph, "Conv") == 1);
  check_passes_keep_results(onnx, 0.021);
}

TEST_CASE("a scale without a usable value is left to the plain kernels") {
  for (const float scale :
       {0.0F, -1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    QuantizedBuilder builder(true);
    builder.float_input("image", {1, 1, 4, 4});
    const std::string x = builder.quantise("image", "x", scale, 128);
    const std::string w = builder.weights("w", Shape{2, 1, 1, 1}, 0);
    builder.add_node("Conv", {x, w}, {"c"});
    builder.quantise("c", "y", 0.02F, 128);
    builder.float_output("y");
    const std::string onnx = builder.finish();
    CHECK(count(optimised(onnx), "QuantizedConv") == 0);
  }
}
