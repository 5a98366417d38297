#include "native/train/exits/baselines/smaller.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "native/train/checkpoint.hpp"
#include "native/train/exits/backbone_trainer.hpp"
#include "native/train/splitnet/classifier_trainee.hpp"
#include "native/train/splitnet/model_cost.hpp"
#include "native/train/splitnet/model_input.hpp"

namespace sluice::train::exits::baselines {
namespace {

// Epochs at a width, so that each takes about as long: the cost grows with its square.
std::uint32_t usual_epochs(const Subject& subject, double width) {
  const double fewer = 0.25 / std::max(width, 0.125);
  const auto scaled = [&](double at_quarter) { return static_cast<std::uint32_t>(std::lround(at_quarter * fewer)); };
  return subject.epochs(std::clamp(scaled(16), 8U, 30U), std::clamp(scaled(8), 4U, 16U));
}

}  // namespace

Result<std::vector<SmallerBackbone>> train_smaller(const Subject& subject) {
  std::vector<SmallerBackbone> all;
  for (const double width : subject.options.widths) {
    Options stage = subject.stage_options();
    stage.backbone.width = width;
    stage.backbone_training.epochs = usual_epochs(subject, width);
    std::ostringstream line;
    line << "backbone of width " << width << ", " << stage.backbone_training.epochs << " epochs";
    subject.log.line(line.str());
    auto trained = train_backbone(subject.data, stage, subject.log);
    if (!trained) return fail(trained.error());
    SmallerBackbone one{width, *std::move(trained), {}, 0, stage.backbone_training.epochs};
    one.onnx = backbone_onnx(*one.network, stage.backbone, WeightForm::kFloat16);
    std::ostringstream file;  // a variant of the backbone for bundles (`sluice variants`)
    file << "smaller-" << width << ".onnx";
    if (auto kept = write_atomically(stage.work / file.str(), one.onnx); !kept) return fail(kept.error());
    const auto cost = splitnet::multiply_adds_of(one.onnx, stage.backbone.side);
    if (!cost) return fail(cost.error());
    one.multiply_adds = *cost;
    all.push_back(std::move(one));
  }
  std::sort(all.begin(), all.end(),
            [](const SmallerBackbone& a, const SmallerBackbone& b) { return a.multiply_adds < b.multiply_adds; });
  return all;
}

Result<std::vector<ExitBaselinePoint>> run_smaller(const Subject& subject) {
  const auto smaller = train_smaller(subject);
  if (!smaller) return fail(smaller.error());
  std::vector<ExitBaselinePoint> points;
  for (const SmallerBackbone& one : *smaller) {
    const auto loaded = load_cost(one.onnx);
    if (!loaded) return fail(loaded.error());
    std::ostringstream variant;
    variant << "width " << one.width;
    ExitBaselinePoint point = subject.point("smaller", variant.str());
    point.accuracy =
        splitnet::accuracy(subject.test, [&](const torch::Tensor& pictures) { return one.network->forward(pictures); });
    point.macs_mean = static_cast<double>(one.multiply_adds);
    point.weights_bytes = loaded->weights_bytes;
    point.epochs = one.epochs;
    points.push_back(std::move(point));
  }
  return points;
}

Result<std::vector<ExitBaselinePoint>> run_plain(const Subject& subject) {
  auto network = subject.backbone();
  if (!network) return fail(network.error());
  ExitBaselinePoint point = subject.point("plain", "the backbone");
  point.accuracy = splitnet::accuracy(subject.test, [&](const torch::Tensor& pictures) {
    return (*network)->forward(splitnet::model_input(subject.input, pictures));
  });
  point.agreement = 1;
  point.macs_mean = static_cast<double>(subject.places.multiply_adds);
  point.weights_bytes = subject.weights_bytes;
  return std::vector{point};
}

}  // namespace sluice::train::exits::baselines
