#include "tests/server/unstoppable_model.hpp"

#include <array>
#include <limits>

#include "core/model/onnx_writer.hpp"

namespace sluice::test {
namespace {

template <typename T, std::size_t n>
TensorView constant(DataType type, Shape shape, const std::array<T, n>& values) {
  return {type, std::move(shape), std::as_bytes(std::span(values))};
}

}  // namespace

// Non-maximum suppression of boxes that lie side by side: none suppresses another, so that each is held against all before it.
std::string unstoppable_onnx(std::uint32_t side) {
  model::OnnxWriter onnx("unstoppable");
  onnx.add_input("input", DataType::kFloat32, {1, 3, side, side});
  onnx.add_output("output", DataType::kFloat32, {1, 3, side, side});
  onnx.add_initializer("zero", constant(DataType::kFloat32, {}, std::array{0.0F}));
  onnx.add_initializer("half", constant(DataType::kFloat32, {}, std::array{0.5F}));
  onnx.add_initializer("one", constant(DataType::kFloat32, {}, std::array{1.0F}));
  onnx.add_initializer("all", constant(DataType::kInt64, {1}, std::array{std::numeric_limits<std::int64_t>::max()}));
  onnx.add_initializer("around", constant(DataType::kInt64, {2}, std::array<std::int64_t, 2>{0, 2}));
  onnx.add_initializer("before", constant(DataType::kInt64, {2}, std::array<std::int64_t, 2>{0, 1}));
  onnx.add_node("ReduceMax", {"input"}, {"largest"}, {{"keepdims", std::int64_t{0}}});
  onnx.add_node("Add", {"largest", "one"}, {"count"});
  onnx.add_node("Range", {"zero", "count", "one"}, {"from"});
  onnx.add_node("Add", {"from", "half"}, {"to"});
  onnx.add_node("Unsqueeze", {"from", "around"}, {"low"});
  onnx.add_node("Unsqueeze", {"to", "around"}, {"high"});
  onnx.add_node("Concat", {"low", "low", "high", "high"}, {"boxes"}, {{"axis", std::int64_t{2}}});
  onnx.add_node("Unsqueeze", {"from", "before"}, {"scores"});
  onnx.add_node("NonMaxSuppression", {"boxes", "scores", "all", "half"}, {"kept"});
  onnx.add_node("Cast", {"kept"}, {"numbers"}, {{"to", std::int64_t{1}}});
  onnx.add_node("ReduceSum", {"numbers"}, {"sum"}, {{"keepdims", std::int64_t{0}}});
  onnx.add_node("Add", {"input", "sum"}, {"output"});
  return onnx.finish();
}

}  // namespace sluice::test
