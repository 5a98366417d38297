#include "native/train/splitnet/classifier_trainee.hpp"

#include <algorithm>
#include <sstream>

#include "native/train/splitnet/augment.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::int64_t kWhitenedPictures = 2000;

}  // namespace

double accuracy(const PictureSet& set, const Logits& logits) {
  torch::NoGradGuard no_gradient;
  std::int64_t right = 0;
  for (std::int64_t at = 0; at < set.size(); at += kEvaluationBatch) {
    const Batch batch = plain_batch(set, at, std::min(at + kEvaluationBatch, set.size()));
    right += logits(batch.pictures).argmax(1).eq(batch.labels).sum().item<std::int64_t>();
  }
  return static_cast<double>(right) / static_cast<double>(std::max<std::int64_t>(set.size(), 1));
}

torch::Tensor pictures_to_whiten(const LabelledData& data) {
  return plain_batch(data.train, 0, std::min(kWhitenedPictures, data.train.size())).pictures;
}

double ClassifierTrainee::step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) {
  const Batch batch = augmented_batch(data_.train, samples, options_.augmentation, seed);
  network_.train();
  const auto smoothed = torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(options_.label_smoothing);
  return descend(torch::nn::functional::cross_entropy(forward_(batch.pictures), batch.labels, smoothed), done);
}

std::string ClassifierTrainee::epoch_done() {
  network_.eval();
  std::ostringstream text;
  text << 100 * accuracy(data_.validation, forward_) << " % right on kept-back pictures";
  return text.str();
}

}  // namespace sluice::train::splitnet
