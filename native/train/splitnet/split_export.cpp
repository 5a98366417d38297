#include "native/train/splitnet/split_export.hpp"

#include "core/model/model.hpp"
#include "native/train/splitnet/layer_export.hpp"

namespace sluice::train::splitnet {
namespace {

std::string export_device(SplitNetwork& network, const Classifier& full) {
  const SplitDesign& design = network->design();
  OnnxExport graph("split_device");
  graph.input("picture", {1, 3, full.side(), full.side()});
  std::string features = "picture";
  for (const ConvNorm& layer : network->extractor->layers()) features = export_block(graph, layer, features);
  const std::int64_t side = full.side() / extractor_stride(design);
  std::string x = features;
  torch::nn::Linear head = network->local->head;
  if (design.local == LocalForm::kPooled) {
    // The means of all channels are taken; those that are sent have no weight.
    head = torch::nn::Linear(design.channels, network->local->head->options.out_features());
    head->weight.zero_();
    head->weight.narrow(1, 0, design.local_channels).copy_(network->local->head->weight);
    head->bias.copy_(network->local->head->bias);
  }
  for (const ConvNorm& layer : network->local->layers()) x = export_block(graph, layer, x);
  const std::string local = export_logits(graph, head, 1, graph.node("GlobalAveragePool", {x}));
  graph.output(local, {1, network->local->head->options.out_features()});
  graph.output(features, {1, design.channels, side, side});
  return graph.finish();
}

Result<torch::Tensor> run_model(model::Model& model, const torch::Tensor& input, std::size_t output) {
  const torch::Tensor packed = input.to(torch::kFloat32).contiguous(torch::MemoryFormat::Contiguous);
  const auto view = view_of(std::span<const float>(packed.data_ptr<float>(), static_cast<std::size_t>(packed.numel())),
                            *Shape::make({packed.sizes().data(), packed.sizes().size()}));
  if (!view) return fail(view.error());
  if (auto ran = model.run(std::array{*view}); !ran) return fail(ran.error());
  const auto values = model.output(output).as<float>();
  return torch::tensor(std::vector<float>(values.begin(), values.end()));
}

}  // namespace

std::string export_remote(SplitNetwork& network, const Classifier& full, WeightForm form) {
  torch::NoGradGuard no_gradient;
  const SplitDesign& design = network->design();
  const std::int64_t side = full.side() / extractor_stride(design);
  OnnxExport graph("split_remote", full.opset(), form);
  graph.input("features", {-1, design.sent_channels(), side, side});
  graph.output(network->remote->write(graph, "features"), {-1, full.classes()});
  return graph.finish();
}

ExportedSplit export_split(SplitNetwork& network, const Classifier& full) {
  torch::NoGradGuard no_gradient;
  const torch::Tensor shares = network->combination->shares().contiguous();
  return {export_device(network, full),
          export_remote(network, full, WeightForm::kFloat32),
          {shares.data_ptr<float>(), shares.data_ptr<float>() + shares.numel()}};
}

Result<ExportDifference> compare_split(const ExportedSplit& exported, SplitNetwork& network,
                                       const torch::Tensor& pictures) {
  torch::NoGradGuard no_gradient;
  network->eval();
  model::LoadOptions options;
  options.operators = model::all_operators();
  auto device = model::Model::load(std::as_bytes(std::span(exported.device)), options);
  if (!device) return fail(device.error());
  auto remote = model::Model::load(std::as_bytes(std::span(exported.remote)), options);
  if (!remote) return fail(remote.error());
  const std::int64_t coded = network->design().coded_channels();
  ExportDifference largest;
  const auto note = [](double& most, const torch::Tensor& got, const torch::Tensor& wanted) {
    const double difference = (got - wanted.flatten()).abs().max().item<double>();
    if (!(difference <= most)) most = difference;  // also when it is not a number
  };
  for (std::int64_t i = 0; i < pictures.size(0); ++i) {
    const torch::Tensor picture = pictures.slice(0, i, i + 1);
    const SplitAnswer wanted = network->forward(picture, torch::full({1}, coded, torch::kLong));
    const auto local = run_model(*device, picture, 0);
    if (!local) return fail(local.error());
    const auto features = run_model(*device, picture, 1);
    if (!features) return fail(features.error());
    const auto logits = run_model(*remote, wanted.quantised.values, 0);
    if (!logits) return fail(logits.error());
    note(largest.local, *local, wanted.local);
    note(largest.features, *features, wanted.features);
    note(largest.remote, *logits, wanted.remote);
  }
  return largest;
}

}  // namespace sluice::train::splitnet
