#include "tests/server/ballast_model.hpp"

#include <vector>

#include "core/model/onnx_writer.hpp"

namespace sluice::test {

std::string ballast_onnx(std::size_t ballast_bytes) {
  const std::initializer_list<std::int64_t> picture = {1, 3, kBallastSide, kBallastSide};
  const std::vector<float> ballast(ballast_bytes / sizeof(float), 1.0F);
  model::OnnxWriter onnx("ballast");
  onnx.add_input("input", DataType::kFloat32, picture);
  onnx.add_output("output", DataType::kFloat32, picture);
  onnx.add_initializer(
      "ballast", {DataType::kFloat32, {static_cast<std::int64_t>(ballast.size())}, std::as_bytes(std::span(ballast))});
  onnx.add_node("Identity", {"input"}, {"output"});
  return onnx.finish();
}

}  // namespace sluice::test
