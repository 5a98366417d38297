#include "native/train/export_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "core/model/model.hpp"
#include "native/train/trainer_input.hpp"

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

Result<EmbeddingDifference> compare_embeddings(const std::string& onnx, EmbeddingNetwork& network,
                                               const TrunkFrames& frames, const SampleStore& pictures) {
  constexpr std::size_t kCompared = 32;
  model::LoadOptions options;
  options.operators = model::gate_operators();
  auto model = model::Model::load(std::as_bytes(std::span(onnx)), options);
  if (!model) return fail(model.error());
  if (model->outputs().size() != 2) {
    return fail(ErrorCode::kShapeMismatch, "a filter with an embedding has two outputs");
  }
  auto input = Tensor::create(DataType::kFloat32, Shape{1, 3, pictures.height(), pictures.width()});
  if (!input) return fail(input.error());
  const std::vector<float> expected = embed(network, frames);
  const auto size = static_cast<std::size_t>(network->design.size);
  std::vector<std::uint8_t> planes(pictures.picture_bytes());
  EmbeddingDifference largest;
  const auto note = [](float& most, float difference) {
    if (!(difference <= most)) most = difference;  // also when it is not a number
  };
  const std::size_t step = std::max<std::size_t>(pictures.size() / kCompared, 1);
  for (std::size_t i = 0; i < pictures.size(); i += step) {
    if (auto read = pictures.read(i, planes); !read) return fail(read.error());
    std::ranges::transform(planes, input->as<float>().begin(), network_value);
    if (auto run = model->run(std::array{std::as_const(*input).view()}); !run) return fail(run.error());
    const auto values = model->output(1).as<float>();
    if (values.size() != size) return fail(ErrorCode::kShapeMismatch, {"an embedding of ", values.size(), " numbers"});
    float sum = 0;
    for (std::size_t k = 0; k < size; ++k) sum += std::abs(values[k] - expected[i * size + k]);
    note(largest.distance, sum);
    note(largest.score, std::abs(std::clamp(model->output(0).as<float>()[0], 0.0F, 1.0F) - frames.scores[i]));
  }
  return largest;
}

}  // namespace sluice::train
