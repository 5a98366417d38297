#include "native/train/splitnet/full_trainer.hpp"

#include <sstream>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/network_trainee.hpp"
#include "native/train/splitnet/training_loop.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::int64_t kWhitenedPictures = 2000;

class FullTrainee final : public NetworkTrainee {
 public:
  FullTrainee(FullNetwork& network, const LabelledData& data, const TrainingOptions& options)
      : NetworkTrainee(*network, options), network_(network), data_(data), options_(options) {}

  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) override {
    const Batch batch = augmented_batch(data_.train, samples, options_.augmentation, seed);
    network_->train();
    const torch::Tensor loss = torch::nn::functional::cross_entropy(
        network_->forward(batch.pictures), batch.labels,
        torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(options_.label_smoothing));
    return descend(loss, done);
  }

  std::string epoch_done() override {
    network_->eval();
    const double right = accuracy(data_.validation, [&](const auto& pictures) { return network_->forward(pictures); });
    std::ostringstream text;
    text << 100 * right << " % right on kept-back pictures";
    return text.str();
  }

 private:
  FullNetwork& network_;
  const LabelledData& data_;
  const TrainingOptions& options_;
};

}  // namespace

double accuracy(const PictureSet& set, const std::function<torch::Tensor(const torch::Tensor& pictures)>& logits) {
  torch::NoGradGuard no_gradient;
  std::int64_t right = 0;
  for (std::int64_t at = 0; at < set.size(); at += kEvaluationBatch) {
    const Batch batch = plain_batch(set, at, std::min(at + kEvaluationBatch, set.size()));
    right += logits(batch.pictures).argmax(1).eq(batch.labels).sum().item<std::int64_t>();
  }
  return static_cast<double>(right) / static_cast<double>(std::max<std::int64_t>(set.size(), 1));
}

std::string full_key(const LabelledData& data, const Options& options) {
  std::ostringstream key;
  key << "full 1; " << data_key(data) << "; " << options.full.side << ' ' << options.full.widths[0] << ' '
      << options.full.widths[1] << ' ' << options.full.widths[2] << "; " << training_key(options.full_training) << "; "
      << options.seed;
  return key.str();
}

Result<FullNetwork> train_full(const LabelledData& data, const Options& options, ProgressLog& log) {
  torch::manual_seed(options.seed);
  FullNetwork network(options.full, options.arithmetic);
  network->whiten(plain_batch(data.train, 0, std::min(kWhitenedPictures, data.train.size())).pictures);
  const TrainingOptions& training = options.full_training;
  FullTrainee trainee(network, data, training);
  const LoopOptions loop{.name = "full model",
                         .epochs = training.epochs,
                         .samples = data.train.size(),
                         .batch = training.batch,
                         .seed = options.seed,
                         .checkpoint_s = options.checkpoint_s};
  if (auto done = run_loop(trainee, loop, options.work / "full.checkpoint", full_key(data, options), log); !done)
    return fail(done.error());
  network->eval();
  std::ostringstream bytes;
  torch::save(network, bytes);
  if (auto written = write_atomically(options.work / "full.pt", bytes.str()); !written) return fail(written.error());
  return network;
}

}  // namespace sluice::train::splitnet
