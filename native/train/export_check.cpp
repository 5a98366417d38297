#include "native/train/export_check.hpp"

#include <array>
#include <cmath>
#include <span>

#include "core/model/model.hpp"

namespace sluice::train {

Result<float> compare_export(const std::string& onnx, GateNetwork& network, const torch::Tensor& pictures) {
  torch::NoGradGuard no_gradient;
  network->eval();
  const torch::Tensor expected = network->forward(pictures).contiguous();
  model::LoadOptions options;
  options.operators = model::gate_operators();
  auto model = model::Model::load(std::as_bytes(std::span(onnx)), options);
  if (!model) return fail(model.error());
  float largest = 0;
  for (std::int64_t i = 0; i < pictures.size(0); ++i) {
    const torch::Tensor picture = pictures.slice(0, i, i + 1).contiguous(torch::MemoryFormat::Contiguous);
    const auto view =
        view_of(std::span<const float>(picture.data_ptr<float>(), static_cast<std::size_t>(picture.numel())),
                Shape{1, 3, pictures.size(2), pictures.size(3)});
    if (!view) return fail(view.error());
    if (auto run = model->run(std::array{*view}); !run) return fail(run.error());
    const float difference = std::abs(model->output(0).as<float>()[0] - expected[i].item<float>());
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

}  // namespace sluice::train
