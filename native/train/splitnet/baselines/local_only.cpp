#include "native/train/splitnet/baselines/local_only.hpp"

#include <sstream>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/distillation.hpp"
#include "native/train/splitnet/classifier_trainee.hpp"
#include "native/train/splitnet/training_loop.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::uint32_t kLocalEpochs = 24;

std::vector<ConvNormDesign> local_layers() {
  std::vector<ConvNormDesign> layers{{.in = 3, .out = 8, .stride = 2}};
  const auto separable = [&](std::int64_t out, std::int64_t stride) {
    const std::int64_t in = layers.back().out;
    layers.push_back({.in = in, .out = in, .stride = stride, .groups = in});
    layers.push_back({.in = in, .out = out, .kernel = 1, .padding = 0});
  };
  separable(24, 1);
  separable(48, 2);
  separable(96, 2);
  layers.push_back({.in = 96, .out = 96, .groups = 96});
  return layers;
}

class LocalTrainee final : public NetworkTrainee {
 public:
  LocalTrainee(LocalNetwork& network, const TrainingOptions& training, const Subject& subject)
      : NetworkTrainee(*network, training), network_(network), training_(training), subject_(subject) {}

  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) override {
    const Batch batch = augmented_batch(subject_.data.train, samples, training_.augmentation, seed);
    // The full model's answers to the pictures before they were moved: as good as labels that know of doubts.
    const torch::Tensor which = torch::tensor(std::vector<std::int64_t>(samples.begin(), samples.end()), torch::kLong);
    network_->train();
    return descend(answer_loss(network_->forward(batch.pictures), subject_.teacher.index_select(0, which), batch.labels,
                               SplitLosses{}),
                   done);
  }

  std::string epoch_done() override {
    network_->eval();
    std::ostringstream text;
    text << 100 * accuracy(subject_.data.validation, [&](const auto& x) { return network_->forward(x); })
         << " % right on kept-back pictures";
    return text.str();
  }

 private:
  LocalNetwork& network_;
  const TrainingOptions& training_;
  const Subject& subject_;
};

}  // namespace

LocalNetworkImpl::LocalNetworkImpl(std::int64_t classes) {
  for (const ConvNormDesign& layer : local_layers()) {
    layers_.push_back(register_module("layer" + std::to_string(layers_.size()), ConvNorm(layer, Arithmetic::kFloat32)));
  }
  head_ = register_module("head", torch::nn::Linear(local_layers().back().out, classes));
}

torch::Tensor LocalNetworkImpl::forward(torch::Tensor x) {
  for (ConvNorm& layer : layers_) x = layer->forward(x);
  return head_->forward(x.mean({2, 3}));
}

std::uint64_t local_multiply_adds(std::int64_t side, std::int64_t classes) {
  std::int64_t sum = local_layers().back().out * classes;
  for (const ConvNormDesign& layer : local_layers()) {
    side /= layer.stride;
    sum += side * side * layer.kernel * layer.kernel * (layer.in / layer.groups) * layer.out;
  }
  return static_cast<std::uint64_t>(sum);
}

Result<std::vector<BaselinePoint>> run_local_only(const Subject& subject) {
  TrainingOptions training{.epochs = subject.options.epochs == 0 ? kLocalEpochs : subject.options.epochs,
                           .batch = 128,
                           .peak_rate = 0.1,
                           .weight_decay = 1e-4,
                           .augmentation = {.mirror = true, .move_px = 2, .cutout_px = 0}};
  torch::manual_seed(subject.options.seed);
  LocalNetwork network(subject.data.classes);
  LocalTrainee trainee(network, training, subject);
  const std::string key = "local 1; " + subject.model.key() + "; " + data_key(subject.data) + "; " +
                          training_key(training) + "; " + std::to_string(subject.options.seed);
  const LoopOptions loop{.name = "local-only",
                         .epochs = training.epochs,
                         .samples = subject.data.train.size(),
                         .batch = training.batch,
                         .seed = subject.options.seed,
                         .checkpoint_s = subject.options.checkpoint_s};
  auto done = run_loop(trainee, loop, work_file(subject.options, "local-only", key), key, subject.log);
  if (!done) return fail(done.error());
  network->eval();
  const double right = accuracy(subject.test, [&](const auto& x) { return network->forward(x); });
  const BaselinePoint point{"local-only",
                            "separable",
                            "none",
                            0,
                            right,
                            local_multiply_adds(subject.test.height(), subject.data.classes),
                            static_cast<double>(training.epochs)};
  subject.log.line(to_json(point));
  return std::vector{point};
}

}  // namespace sluice::train::splitnet::baselines
