// Definitions that changed from opset to opset and that ONNX's node tests, which are all of the newest definition, leave out.
#include <doctest/doctest.h>

#include <cmath>

#include "core/model/ops/float16.hpp"
#include "tests/core/model/ops/node_driver.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::ops::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

std::vector<Operand> outputs_of(const NodeRun& run) {
  auto outcome = run_node(run);
  REQUIRE_MESSAGE(outcome.has_value(), run.op_type << ": " << (outcome ? "" : describe(outcome.error())));
  return std::move(*outcome);
}

Floats floats_of(const NodeRun& run) { return outputs_of(run)[0].as<float>(); }

const Operand kLine = vector_of<float>({-2, -1, 0, 1, 2});

}  // namespace

TEST_CASE("Clip takes its bounds as attributes before opset 11") {
  const std::vector<Attribute> bounds{{"min", -1.0F}, {"max", 1.0F}};
  CHECK(floats_of({.op_type = "Clip", .opset = 6, .attributes = bounds, .inputs = {kLine}}) == Floats{-1, -1, 0, 1, 1});
  CHECK(floats_of({.op_type = "Clip", .opset = 10, .attributes = {{"min", 0.0F}}, .inputs = {kLine}}) ==
        Floats{0, 0, 0, 1, 2});
  CHECK(floats_of({.op_type = "Clip", .opset = 11, .attributes = bounds, .inputs = {kLine}}) ==
        Floats{-2, -1, 0, 1, 2});
  CHECK(floats_of({.op_type = "Clip", .opset = 11, .inputs = {kLine, Operand{}, scalar(0.0F)}}) ==
        Floats{-2, -1, 0, 0, 0});
}

TEST_CASE("Softmax normalises everything from its axis on before opset 13, one axis since") {
  const Operand ones = value(Shape{1, 2, 2}, Floats{1, 1, 1, 1});
  CHECK(floats_of({.op_type = "Softmax", .opset = 11, .inputs = {ones}}) == Floats{0.25F, 0.25F, 0.25F, 0.25F});
  CHECK(floats_of({.op_type = "Softmax", .opset = 13, .inputs = {ones}}) == Floats{0.5F, 0.5F, 0.5F, 0.5F});
}

TEST_CASE("axes move from attribute to input") {
  const Operand square = value(Shape{2, 2}, Floats{1, 2, 3, 4});
  const Attribute axes{"axes", Ints{1}};
  const Operand axes_input = vector_of(Ints{1});
  const Attribute flat{"keepdims", std::int64_t{0}};
  CHECK(floats_of({.op_type = "ReduceSum", .opset = 11, .attributes = {axes, flat}, .inputs = {square}}) ==
        Floats{3, 7});
  CHECK(floats_of({.op_type = "ReduceSum", .opset = 13, .attributes = {flat}, .inputs = {square, axes_input}}) ==
        Floats{3, 7});
  CHECK(floats_of({.op_type = "ReduceMax", .opset = 17, .attributes = {axes, flat}, .inputs = {square}}) ==
        Floats{2, 4});
  CHECK(floats_of({.op_type = "ReduceMax", .opset = 18, .attributes = {flat}, .inputs = {square, axes_input}}) ==
        Floats{2, 4});
  CHECK(outputs_of({.op_type = "Unsqueeze", .opset = 11, .attributes = {axes}, .inputs = {square}})[0].shape ==
        Shape{2, 1, 2});
  CHECK(outputs_of({.op_type = "Unsqueeze", .opset = 13, .inputs = {square, axes_input}})[0].shape == Shape{2, 1, 2});
  const Operand column = value(Shape{2, 1}, Floats{1, 2});
  CHECK(outputs_of({.op_type = "Squeeze", .opset = 11, .attributes = {axes}, .inputs = {column}})[0].shape == Shape{2});
  CHECK(outputs_of({.op_type = "Squeeze", .opset = 13, .inputs = {column, axes_input}})[0].shape == Shape{2});
}

TEST_CASE("Slice takes attributes before opset 10") {
  CHECK(floats_of({.op_type = "Slice",
                   .opset = 9,
                   .attributes = {{"starts", Ints{1}}, {"ends", Ints{-1}}, {"axes", Ints{0}}},
                   .inputs = {kLine}}) == Floats{-1, 0, 1});
}

TEST_CASE("Pad takes attributes before opset 11, a part of the axes since 18 and wraps since 19") {
  const Operand pair = vector_of<float>({1, 2});
  CHECK(floats_of(
            {.op_type = "Pad", .opset = 9, .attributes = {{"pads", Ints{1, 1}}, {"value", 9.0F}}, .inputs = {pair}}) ==
        Floats{9, 1, 2, 9});
  const Operand row = value(Shape{1, 2}, Floats{1, 2});
  CHECK(outputs_of(
            {.op_type = "Pad", .opset = 18, .inputs = {row, vector_of(Ints{0, 2}), Operand{}, vector_of(Ints{-1})}})[0]
            .shape == Shape{1, 4});
  const NodeRun wrapped{.op_type = "Pad",
                        .opset = 19,
                        .attributes = {{"mode", std::string("wrap")}},
                        .inputs = {vector_of<float>({1, 2, 3}), vector_of(Ints{4, 1})}};
  CHECK(floats_of(wrapped) == Floats{3, 1, 2, 3, 1, 2, 3, 1});
  NodeRun early = wrapped;
  early.opset = 18;
  CHECK(run_node(early).error().code == ErrorCode::kUnsupportedOperator);
}

TEST_CASE("Split takes sizes as attribute before opset 13 and may leave a smaller last part since 18") {
  const auto parts = outputs_of(
      {.op_type = "Split", .opset = 11, .attributes = {{"split", Ints{1, 4}}}, .inputs = {kLine}, .outputs = 2});
  CHECK(parts[0].as<float>() == Floats{-2});
  CHECK(parts[1].as<float>() == Floats{-1, 0, 1, 2});
  const auto uneven = outputs_of({.op_type = "Split",
                                  .opset = 18,
                                  .attributes = {{"num_outputs", std::int64_t{2}}},
                                  .inputs = {kLine},
                                  .outputs = 2});
  CHECK(uneven[0].shape == Shape{3});
  CHECK(uneven[1].shape == Shape{2});
  CHECK(run_node({.op_type = "Split", .opset = 17, .inputs = {kLine}, .outputs = 2}).error().code ==
        ErrorCode::kInvalidGraph);
}

TEST_CASE("Upsample and Resize 10 read the element at or before the position") {
  const Operand row = value(Shape{1, 1, 1, 2}, Floats{1, 2});
  const Operand scales = vector_of<float>({1, 1, 1, 2});
  const Floats doubled{1, 1, 2, 2};
  CHECK(
      floats_of({.op_type = "Upsample", .opset = 7, .attributes = {{"scales", Floats{1, 1, 1, 2}}}, .inputs = {row}}) ==
      doubled);
  CHECK(floats_of({.op_type = "Upsample", .opset = 9, .inputs = {row, scales}}) == doubled);
  CHECK(floats_of({.op_type = "Resize", .opset = 10, .inputs = {row, scales}}) == doubled);
  CHECK(floats_of({.op_type = "Resize",
                   .opset = 10,
                   .attributes = {{"mode", std::string("linear")}},
                   .inputs = {row, scales}}) == Floats{1, 1.5F, 2, 2});
}

TEST_CASE("Resize keeps the aspect ratio and antialiases since opset 18") {
  const Operand picture = value(Shape{1, 1, 2, 4}, Floats{1, 2, 3, 4, 5, 6, 7, 8});
  const NodeRun not_larger{
      .op_type = "Resize",
      .opset = 18,
      .attributes = {{"keep_aspect_ratio_policy", std::string("not_larger")}, {"axes", Ints{2, 3}}},
      .inputs = {picture, Operand{}, Operand{}, vector_of(Ints{4, 4})}};
  CHECK(outputs_of(not_larger)[0].shape == Shape{1, 1, 2, 4});
  NodeRun not_smaller = not_larger;
  not_smaller.attributes[0].value = std::string("not_smaller");
  CHECK(outputs_of(not_smaller)[0].shape == Shape{1, 1, 4, 8});
  // A quarter of the width: each output is a triangle-weighted mean of all elements near it, never a single one.
  const Operand step = value(Shape{1, 1, 1, 8}, Floats{0, 0, 0, 0, 8, 8, 8, 8});
  const NodeRun shrunk{.op_type = "Resize",
                       .opset = 18,
                       .attributes = {{"mode", std::string("linear")}, {"antialias", std::int64_t{1}}},
                       .inputs = {step, Operand{}, Operand{}, vector_of(Ints{1, 1, 1, 2})}};
  const Floats soft = floats_of(shrunk);
  CHECK(soft[0] > 0.5F);
  CHECK(soft[0] + soft[1] == doctest::Approx(8.0F));
}

TEST_CASE("Dropout is the identity in every opset; its mask needs opset 10") {
  CHECK(floats_of({.op_type = "Dropout", .opset = 7, .attributes = {{"ratio", 0.7F}}, .inputs = {kLine}}) ==
        Floats{-2, -1, 0, 1, 2});
  const auto masked = outputs_of({.op_type = "Dropout", .opset = 10, .inputs = {kLine}, .outputs = 2});
  CHECK(masked[1].type == DataType::kBool);
  CHECK(masked[1].as<std::uint8_t>() == std::vector<std::uint8_t>(5, 1));
  CHECK(run_node({.op_type = "Dropout", .opset = 9, .inputs = {kLine}, .outputs = 2}).error().code ==
        ErrorCode::kUnsupportedOperator);
}

TEST_CASE("BatchNormalization refuses statistics per element and training before opset 14") {
  const Operand x = value(Shape{1, 1, 2}, Floats{3, 5});
  const Operand one = vector_of<float>({1});
  NodeRun run{.op_type = "BatchNormalization",
              .opset = 7,
              .attributes = {{"epsilon", 0.0F}},
              .inputs = {x, one, one, one, one}};
  CHECK(floats_of(run) == Floats{3, 5});
  run.outputs = 3;
  CHECK(run_node(run).error().code == ErrorCode::kUnsupportedOperator);
  run.outputs = 1;
  run.attributes.push_back({"spatial", std::int64_t{0}});
  CHECK(run_node(run).error().code == ErrorCode::kUnsupportedOperator);
}

TEST_CASE("TopK takes k as an attribute before opset 10") {
  const auto top = outputs_of(
      {.op_type = "TopK", .opset = 9, .attributes = {{"k", std::int64_t{2}}}, .inputs = {kLine}, .outputs = 2});
  CHECK(top[0].as<float>() == Floats{2, 1});
  CHECK(top[1].as<std::int64_t>() == Ints{4, 3});
}

TEST_CASE("Shape takes a part of the dimensions since opset 15") {
  const Operand x = value(Shape{1, 2, 3}, Floats(6, 0));
  CHECK(outputs_of({.op_type = "Shape", .opset = 15, .attributes = {{"start", std::int64_t{-2}}}, .inputs = {x}})[0]
            .as<std::int64_t>() == Ints{2, 3});
}

TEST_CASE("Scatter reduces by max and min since opset 18") {
  const NodeRun run{.op_type = "ScatterElements",
                    .opset = 18,
                    .attributes = {{"reduction", std::string("max")}},
                    .inputs = {vector_of<float>({1, 5}), vector_of(Ints{0, 0, 1}), vector_of<float>({3, 2, 4})}};
  CHECK(floats_of(run) == Floats{3, 5});
  NodeRun early = run;
  early.opset = 17;
  CHECK(run_node(early).error().code == ErrorCode::kUnsupportedOperator);
}

TEST_CASE("AveragePool dilates since opset 19, and a window in ceil mode does not start in the padding") {
  const Operand row = value(Shape{1, 1, 5}, Floats{1, 2, 3, 4, 5});
  CHECK(floats_of({.op_type = "AveragePool",
                   .opset = 19,
                   .attributes = {{"kernel_shape", Ints{2}}, {"dilations", Ints{2}}},
                   .inputs = {row}}) == Floats{2, 3, 4});
  CHECK(outputs_of({.op_type = "AveragePool",
                    .opset = 19,
                    .attributes = {{"kernel_shape", Ints{1}},
                                   {"strides", Ints{3}},
                                   {"pads", Ints{0, 1}},
                                   {"ceil_mode", std::int64_t{1}}},
                    .inputs = {row}})[0]
            .shape == Shape{1, 1, 2});
}

TEST_CASE("float16 computes in float and rounds once") {
  using ops::Float16;
  const std::vector<Float16> halves{Float16(1.0F), Float16(0.333251953125F)};
  const Operand x{DataType::kFloat16, Shape{2}, vector_of<std::uint16_t>({halves[0].bits, halves[1].bits}).bytes};
  const auto sum = outputs_of({.op_type = "Add", .inputs = {x, x}});
  CHECK(sum[0].as<std::uint16_t>() == std::vector<std::uint16_t>{Float16(2.0F).bits, Float16(0.66650390625F).bits});
}
