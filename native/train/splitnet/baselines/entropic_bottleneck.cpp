#include "native/train/splitnet/baselines/entropic_bottleneck.hpp"

#include <array>
#include <sstream>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/baselines/symbol_bytes.hpp"
#include "native/train/splitnet/onnx_classifier.hpp"
#include "native/train/splitnet/split_trainer.hpp"
#include "native/train/trainer_input.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::array kRatesPerKbit{0.05, 0.2};
constexpr std::int64_t kWiderExtractor = 64;
constexpr std::int64_t kBottleneckTablePictures = 3000;

Options bottleneck_options(const Subject& subject, double rate_per_kbit) {
  Options options;
  options.name = "entropic-bottleneck";
  options.work = subject.options.work;
  options.design.extractor_width = kWiderExtractor;
  options.design.local_channels = 0;
  options.design.remote_only = true;
  options.design.refinement = 1;
  options.losses.importance = 0;
  options.losses.local = 0;
  options.losses.cut_share = 0;
  options.losses.rate_per_kbit = rate_per_kbit;
  options.choice = ChannelChoice::kFirst;
  options.entry_training.epochs = 2;
  options.reference_training.epochs = 1;
  options.split_training.epochs = 2;
  if (subject.options.epochs != 0) {
    for (TrainingOptions* training : {&options.entry_training, &options.reference_training, &options.split_training})
      training->epochs = subject.options.epochs;
  }
  options.arithmetic = subject.options.arithmetic;
  options.checkpoint_s = subject.options.checkpoint_s;
  options.seed = subject.options.seed;
  options.threads = subject.options.threads;
  return options;
}

torch::Tensor bottleneck_symbols(SplitNetwork& network, const PictureSet& set, std::int64_t count) {
  torch::NoGradGuard no_gradient;
  network->eval();
  std::vector<torch::Tensor> parts;
  count = std::min(count, set.size());
  for (std::int64_t at = 0; at < count; at += kEvaluationBatch) {
    const Batch batch = plain_batch(set, at, std::min(at + kEvaluationBatch, count));
    parts.push_back(network->quantiser->forward(network->extractor->forward(batch.pictures)).symbols.to(torch::kInt8));
  }
  return torch::cat(parts);
}

}  // namespace

Result<std::vector<BaselinePoint>> run_entropic_bottleneck(const Subject& subject) {
  input::ImageSpec picture;
  picture.width = static_cast<std::uint32_t>(subject.test.width());
  picture.height = static_cast<std::uint32_t>(subject.test.height());
  auto full = OnnxClassifier::load(subject.model.onnx(), network_input(picture), "", subject.options.arithmetic);
  if (!full) return fail(full.error());
  std::vector<BaselinePoint> points;
  for (const double rate : kRatesPerKbit) {
    const Options options = bottleneck_options(subject, rate);
    auto reference = train_reference(subject.data, options, **full, subject.log);
    if (!reference) return fail(reference.error());
    auto split = train_split(subject.data, options, **full, *reference, subject.log);
    if (!split) return fail(split.error());
    const auto coders =
        SymbolCoders::learn(bottleneck_symbols(split->network, subject.data.train, kBottleneckTablePictures));
    if (!coders) return fail(coders.error());
    const auto bytes = coders->measure(bottleneck_symbols(split->network, subject.test, subject.test.size()));
    if (!bytes) return fail(bytes.error());
    const SplitFigures figures =
        evaluate_split(split->network, subject.test, {options.design.coded_channels()}, nullptr);
    std::ostringstream variant;
    variant << rate << " a kbit";
    points.push_back({"entropic-bottleneck", variant.str(), "range", bytes->range, figures.points[0].accuracy,
                      static_cast<std::uint64_t>(extractor_multiply_adds(options.design, subject.test.height())),
                      static_cast<double>(options.entry_training.epochs + options.reference_training.epochs +
                                          options.split_training.epochs)});
    subject.log.line(to_json(points.back()));
  }
  return points;
}

}  // namespace sluice::train::splitnet::baselines
