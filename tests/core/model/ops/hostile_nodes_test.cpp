#include <doctest/doctest.h>

#include <limits>

#include "tests/core/model/ops/node_driver.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::ops::test;

namespace {

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
using Ints = std::vector<std::int64_t>;

Operand image(std::initializer_list<std::int64_t> dims) {
  const Shape shape(dims);
  return value(shape, std::vector<float>(shape.element_count().value(), 1.0F));
}

Attribute ints(std::string name, Ints values) { return {std::move(name), std::move(values)}; }
Attribute integer(std::string name, std::int64_t number) { return {std::move(name), number}; }
Attribute text(std::string name, std::string words) { return {std::move(name), std::move(words)}; }

void check_refused(const NodeRun& run, ErrorCode code, const std::string& part) {
  const auto outcome = run_node(run);
  REQUIRE_MESSAGE(!outcome.has_value(), run.op_type);
  INFO(run.op_type, ": ", describe(outcome.error()));
  CHECK(outcome.error().code == code);
  CHECK(outcome.error().message.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("an axis outside the tensor is refused by name") {
  for (std::int64_t axis : {std::int64_t{3}, std::int64_t{-4}, kHuge, kLowest}) {
    for (const char* op : {"Softmax", "LogSoftmax", "Hardmax", "ArgMax", "ArgMin", "Split", "Concat", "Flatten"}) {
      if (std::string(op) == "Flatten" && axis == 3) continue;  // after the last dimension is right there
      check_refused({.op_type = op, .attributes = {integer("axis", axis)}, .inputs = {image({2, 3, 4})}},
                    ErrorCode::kInvalidGraph, "axis " + std::to_string(axis));
    }
    check_refused(
        {.op_type = "Gather", .attributes = {integer("axis", axis)}, .inputs = {image({2, 3, 4}), vector_of(Ints{0})}},
        ErrorCode::kInvalidGraph, "axis");
    check_refused({.op_type = "ReduceSum", .inputs = {image({2, 3, 4}), vector_of(Ints{axis})}},
                  ErrorCode::kInvalidGraph, "axis");
    check_refused({.op_type = "CumSum", .inputs = {image({2, 3, 4}), scalar<std::int64_t>(axis)}},
                  ErrorCode::kExecutionFailed, "axis");
  }
}

TEST_CASE("windows with impossible attributes are refused") {
  const Operand weights = image({4, 3, 3, 3});
  const auto conv = [&](Attribute attribute) {
    return NodeRun{.op_type = "Conv", .attributes = {std::move(attribute)}, .inputs = {image({1, 3, 8, 8}), weights}};
  };
  check_refused(conv(ints("strides", {0, 1})), ErrorCode::kInvalidGraph, "strides has the value 0");
  check_refused(conv(ints("strides", {1, -1})), ErrorCode::kInvalidGraph, "strides has the value -1");
  check_refused(conv(ints("dilations", {0, 0})), ErrorCode::kInvalidGraph, "dilations");
  check_refused(conv(ints("dilations", {kHuge, kHuge})), ErrorCode::kInvalidGraph, "dilations");
  check_refused(conv(ints("pads", {kHuge, 0, 0, 0})), ErrorCode::kInvalidGraph, "pads");
  check_refused(conv(ints("pads", {-1, 0, 0, 0})), ErrorCode::kInvalidGraph, "pads");
  check_refused(conv(ints("pads", {0, 0})), ErrorCode::kInvalidGraph, "pads has 2 numbers");
  check_refused(conv(ints("kernel_shape", {5, 5})), ErrorCode::kInvalidGraph, "kernel_shape");
  check_refused(conv(integer("group", 0)), ErrorCode::kInvalidGraph, "groups");
  check_refused(conv(integer("group", -3)), ErrorCode::kInvalidGraph, "groups");
  check_refused(conv(text("auto_pad", "SOMEHOW")), ErrorCode::kInvalidGraph, "SOMEHOW");
  check_refused(conv(ints("pads", {2'000'000'000, 2'000'000'000, 0, 0})), ErrorCode::kOutOfMemory, "limit");
  check_refused({.op_type = "Conv", .inputs = {image({1, 3, 2, 2}), weights}}, ErrorCode::kInvalidGraph,
                "does not fit");
  check_refused({.op_type = "MaxPool", .inputs = {image({1, 1, 4, 4})}}, ErrorCode::kInvalidGraph, "kernel_shape");
  check_refused(
      {.op_type = "MaxPool", .attributes = {ints("kernel_shape", {kHuge, 1})}, .inputs = {image({1, 1, 4, 4})}},
      ErrorCode::kInvalidGraph, "kernel_shape");
  check_refused({.op_type = "ConvTranspose",
                 .attributes = {ints("output_shape", {kLowest, kHuge})},
                 .inputs = {image({1, 3, 8, 8}), image({3, 2, 3, 3})}},
                ErrorCode::kInvalidGraph, "");
}

TEST_CASE("a wide window over little input is quick: only its part inside the input is visited") {
  const NodeRun run{.op_type = "MaxPool",
                    .attributes = {ints("kernel_shape", {1'000'000'000, 1'000'000'000}),
                                   ints("pads", {999'999'999, 999'999'999, 999'999'999, 999'999'999}),
                                   ints("strides", {1'000'000'000, 1'000'000'000})},
                    .inputs = {image({1, 1, 2, 2})}};
  const auto outcome = run_node(run);
  REQUIRE(outcome.has_value());
  CHECK((*outcome)[0].as<float>()[0] == 1.0F);
}

TEST_CASE("outputs that overflow or exceed the limit are refused before anything is allocated") {
  const Ints big{1 << 20, 1 << 20, 1 << 20};
  check_refused({.op_type = "ConstantOfShape", .inputs = {vector_of(big)}}, ErrorCode::kOutOfMemory, "limit");
  check_refused({.op_type = "ConstantOfShape", .inputs = {vector_of(Ints{kHuge, 2})}}, ErrorCode::kOutOfMemory,
                "limit");
  check_refused({.op_type = "ConstantOfShape", .inputs = {vector_of(Ints{-1})}}, ErrorCode::kInvalidGraph, "negative");
  check_refused({.op_type = "Expand", .inputs = {image({1}), vector_of(big)}}, ErrorCode::kOutOfMemory, "limit");
  check_refused({.op_type = "Tile", .inputs = {image({2, 2}), vector_of(Ints{kHuge, 1})}}, ErrorCode::kInvalidGraph,
                "overflows");
  check_refused({.op_type = "Tile", .inputs = {image({2, 2}), vector_of(Ints{-1, 1})}}, ErrorCode::kInvalidGraph,
                "negative");
  check_refused({.op_type = "Pad", .inputs = {image({2, 2}), vector_of(Ints{kHuge, 0, kHuge, 0})}},
                ErrorCode::kInvalidGraph, "overflows");
  check_refused({.op_type = "Pad", .inputs = {image({2, 2}), vector_of(Ints{-3, 0, 0, 0})}}, ErrorCode::kInvalidGraph,
                "negative");
  check_refused({.op_type = "Range", .inputs = {scalar(0.0F), scalar(1e30F), scalar(1e-30F)}}, ErrorCode::kOutOfMemory,
                "limit");
  check_refused({.op_type = "Range", .inputs = {scalar(0.0F), scalar(0.0F), scalar(0.0F)}}, ErrorCode::kExecutionFailed,
                "no range");
  check_refused(
      {.op_type = "OneHot", .inputs = {vector_of(Ints{1}), scalar<std::int64_t>(kHuge), vector_of<float>({0, 1})}},
      ErrorCode::kOutOfMemory, "limit");
  check_refused(
      {.op_type = "Resize", .inputs = {image({1, 1, 2, 2}), Operand{}, vector_of<float>({1, 1, 1e20F, 1e20F})}},
      ErrorCode::kOutOfMemory, "limit");
  check_refused({.op_type = "Resize",
                 .inputs = {image({1, 1, 2, 2}), Operand{},
                            vector_of<float>({1, 1, -2, std::numeric_limits<float>::quiet_NaN()})}},
                ErrorCode::kInvalidGraph, "scale");
}

TEST_CASE("indices are checked as they are used") {
  for (std::int64_t index : {std::int64_t{2}, std::int64_t{-3}, kHuge, kLowest}) {
    const std::string part = "index " + std::to_string(index);
    check_refused({.op_type = "Gather", .inputs = {image({2, 3}), vector_of(Ints{0, index})}},
                  ErrorCode::kExecutionFailed, part);
    check_refused({.op_type = "GatherElements", .inputs = {image({2, 3}), value<std::int64_t>(Shape{1, 1}, {index})}},
                  ErrorCode::kExecutionFailed, part);
    check_refused({.op_type = "GatherND", .inputs = {image({2, 3}), value<std::int64_t>(Shape{1, 1}, {index})}},
                  ErrorCode::kExecutionFailed, part);
    check_refused({.op_type = "ScatterElements",
                   .inputs = {image({2, 3}), value<std::int64_t>(Shape{1, 1}, {index}), image({1, 1})}},
                  ErrorCode::kExecutionFailed, part);
    check_refused(
        {.op_type = "ScatterND", .inputs = {image({2, 3}), value<std::int64_t>(Shape{1, 1}, {index}), image({1, 3})}},
        ErrorCode::kExecutionFailed, part);
  }
  check_refused({.op_type = "MaxUnpool",
                 .attributes = {ints("kernel_shape", {2, 2}), ints("strides", {2, 2})},
                 .inputs = {image({1, 1, 1, 1}), value<std::int64_t>(Shape{1, 1, 1, 1}, {4})}},
                ErrorCode::kExecutionFailed, "index 4");
  check_refused({.op_type = "RoiAlign",
                 .inputs = {image({1, 1, 4, 4}), value<float>(Shape{1, 4}, {0, 0, 1, 1}), vector_of(Ints{1})}},
                ErrorCode::kExecutionFailed, "batch index 1");
  check_refused({.op_type = "RoiAlign",
                 .inputs = {image({1, 1, 4, 4}), value<float>(Shape{1, 4}, {0, 0, 1e30F, 1e30F}), vector_of(Ints{0})}},
                ErrorCode::kExecutionFailed, "too large");
  check_refused({.op_type = "ReverseSequence", .inputs = {image({2, 1}), vector_of(Ints{3})}},
                ErrorCode::kExecutionFailed, "sequence length 3");
}

TEST_CASE("integers neither trap nor overflow") {
  using Int32 = std::numeric_limits<std::int32_t>;
  const Operand low = vector_of<std::int32_t>({Int32::min()});
  const Operand minus_one = vector_of<std::int32_t>({-1});
  check_refused({.op_type = "Div", .inputs = {low, vector_of<std::int32_t>({0})}}, ErrorCode::kExecutionFailed, "0");
  check_refused({.op_type = "Mod", .inputs = {low, vector_of<std::int32_t>({0})}}, ErrorCode::kExecutionFailed, "0");
  CHECK((*run_node({.op_type = "Div", .inputs = {low, minus_one}}))[0].as<std::int32_t>()[0] == Int32::min());
  CHECK((*run_node({.op_type = "Mod", .inputs = {low, minus_one}}))[0].as<std::int32_t>()[0] == 0);
  CHECK((*run_node({.op_type = "Add", .inputs = {low, minus_one}}))[0].as<std::int32_t>()[0] == Int32::max());
  CHECK((*run_node({.op_type = "Abs", .inputs = {low}}))[0].as<std::int32_t>()[0] == Int32::min());
  CHECK((*run_node(
            {.op_type = "Mul", .inputs = {vector_of<std::uint16_t>({65535}), vector_of<std::uint16_t>({65535})}}))[0]
            .as<std::uint16_t>()[0] == 1);
  const auto cast =
      run_node({.op_type = "Cast",
                .attributes = {integer("to", static_cast<std::int64_t>(DataType::kInt32))},
                .inputs = {vector_of<float>({1e20F, -1e20F, std::numeric_limits<float>::quiet_NaN(), 2.9F})}});
  REQUIRE(cast.has_value());
  CHECK((*cast)[0].as<std::int32_t>() == std::vector<std::int32_t>{Int32::max(), Int32::min(), 0, 2});
}

TEST_CASE("Slice clamps what lies outside and takes any step but 0") {
  const auto slice = [](std::int64_t start, std::int64_t end, std::int64_t step) {
    return run_node({.op_type = "Slice",
                     .inputs = {vector_of<float>({0, 1, 2, 3}), vector_of(Ints{start}), vector_of(Ints{end}),
                                vector_of(Ints{0}), vector_of(Ints{step})}});
  };
  CHECK((*slice(kLowest, kHuge, 1))[0].as<float>() == std::vector<float>{0, 1, 2, 3});
  CHECK((*slice(kHuge, kLowest, -1))[0].as<float>() == std::vector<float>{3, 2, 1, 0});
  CHECK((*slice(kHuge, kLowest, kLowest))[0].as<float>() == std::vector<float>{3});
  CHECK((*slice(0, kHuge, kHuge))[0].as<float>() == std::vector<float>{0});
  CHECK((*slice(3, 1, 1))[0].as<float>().empty());
  CHECK(slice(0, 4, 0).error().code == ErrorCode::kInvalidGraph);
}

TEST_CASE("shapes that do not fit are refused with both named") {
  check_refused({.op_type = "Add", .inputs = {image({2, 3}), image({2, 4})}}, ErrorCode::kInvalidGraph,
                "[2, 3] and [2, 4]");
  check_refused({.op_type = "MatMul", .inputs = {image({2, 3}), image({2, 3})}}, ErrorCode::kInvalidGraph,
                "do not multiply");
  check_refused({.op_type = "Reshape", .inputs = {image({2, 3}), vector_of(Ints{4, -1})}}, ErrorCode::kInvalidGraph,
                "-1");
  check_refused({.op_type = "Reshape", .inputs = {image({2, 3}), vector_of(Ints{-1, -1})}}, ErrorCode::kInvalidGraph,
                "-1");
  check_refused({.op_type = "Reshape", .inputs = {image({2, 3}), vector_of(Ints{7})}}, ErrorCode::kInvalidGraph, "[7]");
  check_refused({.op_type = "Reshape", .inputs = {image({2, 3}), vector_of(Ints{2, 3, 0})}}, ErrorCode::kInvalidGraph,
                "lacks");
  check_refused({.op_type = "Concat", .attributes = {integer("axis", 0)}, .inputs = {image({2, 3}), image({2, 4})}},
                ErrorCode::kInvalidGraph, "[2, 4]");
  check_refused({.op_type = "Transpose", .attributes = {ints("perm", {0, 0})}, .inputs = {image({2, 3})}},
                ErrorCode::kInvalidGraph, "twice");
  check_refused(
      {.op_type = "DepthToSpace", .attributes = {integer("blocksize", 3'000'000'000)}, .inputs = {image({1, 4, 2, 2})}},
      ErrorCode::kInvalidGraph, "block");
  check_refused(
      {.op_type = "Einsum", .attributes = {text("equation", "ij,jk->iz")}, .inputs = {image({2, 3}), image({3, 2})}},
      ErrorCode::kInvalidGraph, "iz");
  check_refused({.op_type = "Add", .inputs = {image({2})}}, ErrorCode::kInvalidGraph, "1 inputs");
  check_refused({.op_type = "Add", .inputs = {image({2}), Operand{}}}, ErrorCode::kInvalidGraph, "left out");
  check_refused({.op_type = "Add", .inputs = {image({2}), vector_of(Ints{1, 2})}}, ErrorCode::kInvalidGraph, "int64");
}
