#include "server/bench/identity_model.hpp"

#include "core/model/onnx_writer.hpp"

namespace sluice::server {

std::string identity_onnx(std::uint32_t side) {
  const std::initializer_list<std::int64_t> picture = {1, 3, side, side};
  model::OnnxWriter onnx("identity");
  onnx.add_input("input", DataType::kFloat32, picture);
  onnx.add_output("output", DataType::kFloat32, picture);
  onnx.add_node("Identity", {"input"}, {"output"});
  return onnx.finish();
}

}  // namespace sluice::server
