#include "native/train/splitnet/split_export.hpp"

#include "core/model/model.hpp"
#include "native/train/onnx_export.hpp"

namespace sluice::train::splitnet {
namespace {

std::string export_block(OnnxExport& graph, const ConvNorm& block, std::string x) {
  const ConvNormDesign& design = block->design();
  const FoldedConv folded = fold(block);
  x = graph.convolution(x, folded.weight, folded.bias, design.stride, design.padding, design.groups);
  if (design.pool > 1) {
    x = graph.node("MaxPool", {x},
                   {{"kernel_shape", OnnxExport::Ints{design.pool, design.pool}},
                    {"strides", OnnxExport::Ints{design.pool, design.pool}}});
  }
  switch (design.activation) {
    case Activation::kNone: return x;
    case Activation::kRelu: return graph.node("Relu", {x});
    case Activation::kRelu6:
      return graph.node("Clip", {x, graph.constant(torch::zeros({})), graph.constant(torch::full({}, 6.0))});
  }
  return x;
}

std::string export_group(OnnxExport& graph, const Group& group, const std::string& x) {
  return export_block(graph, group->second, export_block(graph, group->first, x));
}

std::string export_linear(OnnxExport& graph, const torch::nn::Linear& linear, double scale, std::string x,
                          const std::string& output) {
  x = graph.node("Flatten", {x}, {{"axis", std::int64_t{1}}});
  return graph.node("Gemm", {x, graph.constant(linear->weight * scale), graph.constant(linear->bias * scale)},
                    {{"transB", std::int64_t{1}}}, output);
}

std::string export_classifier(OnnxExport& graph, const torch::nn::Linear& head, const std::string& x) {
  return export_linear(graph, head, kLogitScale, graph.node("GlobalMaxPool", {x}), "logits");
}

std::string export_device(SplitNetwork& network, std::int64_t picture_side) {
  const SplitDesign& design = network->design();
  OnnxExport graph("split_device");
  graph.input("picture", {1, 3, picture_side, picture_side});
  std::string features = "picture";
  for (const ConvNorm& layer : network->extractor->layers()) features = export_block(graph, layer, features);
  const std::int64_t side = picture_side / extractor_stride(design.extractor);
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
  export_linear(graph, head, 1, graph.node("GlobalAveragePool", {x}), "local");
  graph.output("local", {1, network->local->head->options.out_features()});
  graph.output(features, {1, design.channels, side, side});
  return graph.finish();
}

std::string export_remote(SplitNetwork& network, std::int64_t picture_side) {
  const SplitDesign& design = network->design();
  const RemoteNetworkImpl& remote = *network->remote;
  const std::int64_t side = picture_side / extractor_stride(design.extractor);
  OnnxExport graph("split_remote");
  graph.input("features", {-1, design.sent_channels(), side, side});
  std::string x = export_block(graph, remote.entry, "features");
  if (remote.lift() > 1) {
    x = graph.node("DepthToSpace", {x}, {{"blocksize", remote.lift()}, {"mode", std::string("CRD")}});
  }
  for (const Residual& residual : remote.residuals) {
    const std::string y = export_block(graph, residual->second, export_block(graph, residual->first, x));
    x = graph.node("Relu", {graph.node("Add", {x, y})});
  }
  for (const Group& group : remote.groups) x = export_group(graph, group, x);
  export_classifier(graph, remote.head, x);
  graph.output("logits", {-1, remote.head->options.out_features()});
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

ExportedSplit export_split(SplitNetwork& network, std::int64_t picture_side) {
  torch::NoGradGuard no_gradient;
  const torch::Tensor shares = network->combination->shares().contiguous();
  return {export_device(network, picture_side),
          export_remote(network, picture_side),
          {shares.data_ptr<float>(), shares.data_ptr<float>() + shares.numel()}};
}

std::string export_full(FullNetwork& network) {
  torch::NoGradGuard no_gradient;
  const FullDesign& design = network->design();
  OnnxExport graph("full_model");
  graph.input("picture", {-1, 3, design.side, design.side});
  std::string x = export_block(graph, network->stem, "picture");
  for (const Group& group : network->groups) x = export_group(graph, group, x);
  export_classifier(graph, network->head, x);
  graph.output("logits", {-1, design.classes});
  return graph.finish();
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
  const std::int64_t sent = network->design().sent_channels();
  ExportDifference largest;
  const auto note = [](double& most, const torch::Tensor& got, const torch::Tensor& wanted) {
    const double difference = (got - wanted.flatten()).abs().max().item<double>();
    if (!(difference <= most)) most = difference;  // also when it is not a number
  };
  for (std::int64_t i = 0; i < pictures.size(0); ++i) {
    const torch::Tensor picture = pictures.slice(0, i, i + 1);
    const SplitAnswer wanted = network->forward(picture, torch::full({1}, sent, torch::kLong));
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
