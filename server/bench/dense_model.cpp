#include "server/bench/dense_model.hpp"

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "core/model/onnx_writer.hpp"

namespace sluice::server {

std::string dense_onnx() {
  constexpr std::array<std::int64_t, 4> kWidths = {kDenseInputs, 4096, 3584, 512};
  model::OnnxWriter onnx("dense");
  onnx.add_input("input", DataType::kFloat32, {-1, kWidths.front()});
  onnx.add_output("output", DataType::kFloat32, {-1, kWidths.back()});
  std::mt19937 random(1);
  std::string from = "input";
  for (std::size_t layer = 0; layer + 1 < kWidths.size(); ++layer) {
    const auto in = kWidths[layer];
    const auto out = kWidths[layer + 1];
    const float bound = 1 / std::sqrt(static_cast<float>(in));
    std::uniform_real_distribution<float> values(-bound, bound);
    std::vector<float> weights(static_cast<std::size_t>(in * out));
    for (float& weight : weights) weight = values(random);
    const std::string name = "weights" + std::to_string(layer);
    const bool last = layer + 2 == kWidths.size();
    const std::string product = last ? "output" : "product" + std::to_string(layer);
    onnx.add_initializer(name, {DataType::kFloat32, {in, out}, std::as_bytes(std::span(weights))});
    onnx.add_node("MatMul", {from, name}, {product});
    if (last) break;
    from = "layer" + std::to_string(layer);
    onnx.add_node("Relu", {product}, {from});
  }
  return onnx.finish();
}

}  // namespace sluice::server
