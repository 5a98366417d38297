// Hostile ONNX bytes: reads, optimises and prepares a model under small limits, and runs what is left on zero inputs, with
// and without the passes. Nothing may crash, hang or take more than the limits.
#include <cstdint>
#include <span>
#include <vector>

#include "core/model/model.hpp"

namespace {

using namespace sluice;
using namespace sluice::model;

constexpr std::int64_t kOpenDim = 2;  // what an open dimension of an input becomes
constexpr std::uint64_t kMaxMultiplyAdds = 50'000'000;

LoadOptions small_limits(bool optimize) {
  LoadOptions options;
  options.operators = all_operators();
  options.optimize = optimize;
  options.limits.max_model_bytes = 1 << 20;
  options.limits.max_nodes = 64;
  options.limits.max_values = 512;
  options.limits.max_tensor_bytes = 1 << 16;
  options.limits.max_total_bytes = 1 << 22;
  return options;
}

void load_and_run(Bytes onnx, bool optimize) {
  auto loaded = Model::load(onnx, small_limits(optimize));
  if (!loaded || loaded->stats().multiply_adds > kMaxMultiplyAdds) return;
  std::vector<Tensor> inputs;
  std::vector<TensorView> views;
  for (const TensorInfo& info : loaded->inputs()) {
    auto dims = info.dims;
    for (std::int64_t& dim : dims) dim = dim < 0 ? kOpenDim : dim;
    const auto shape = Shape::make(dims);
    auto tensor = shape ? Tensor::create(info.type, *shape, 1 << 16) : Result<Tensor>(Tensor{});
    if (!shape || !tensor) return;
    inputs.push_back(std::move(*tensor));
  }
  for (const Tensor& input : inputs) views.push_back(input.view());
  // Twice: a second run takes the paths of a warm model.
  for (int i = 0; i < 2; ++i) {
    if (!loaded->run(views)) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes onnx = std::as_bytes(std::span(data, size));
  load_and_run(onnx, true);
  load_and_run(onnx, false);
  return 0;
}
