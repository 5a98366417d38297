// Uses what a stranger to this repository sees of sluice::core: installed headers and the library, and through it XNNPACK.
// usage: consumer MODEL   where MODEL computes Relu of a [3, 4, 5] tensor
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/model/model.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<char> onnx((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());

  sluice::model::LoadOptions options;
  options.operators = sluice::model::all_operators();
  auto model = sluice::model::Model::load(std::as_bytes(std::span(onnx)), options);
  if (!model) {
    std::fprintf(stderr, "%s\n", sluice::describe(model.error()).c_str());
    return 1;
  }
  std::vector<float> values(60);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) - 30.0F;
  const auto input = sluice::view_of<float>(values, sluice::Shape{3, 4, 5});
  if (!input || !model->run(std::span(&*input, 1))) return 1;
  const auto output = model->output(0).as<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (output[i] != (values[i] > 0 ? values[i] : 0)) return 1;
  }
  std::printf("%s: %zu values\n", model->outputs()[0].name.c_str(), output.size());
  return 0;
}
