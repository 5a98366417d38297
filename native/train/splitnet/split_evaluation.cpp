#include "native/train/splitnet/split_evaluation.hpp"

#include <sstream>

#include "native/train/splitnet/augment.hpp"

namespace sluice::train::splitnet {
namespace {

double right(const torch::Tensor& logits, const torch::Tensor& labels) {
  return logits.argmax(1).eq(labels).sum().item<double>();
}

}  // namespace

SplitFigures evaluate_split(SplitNetwork& network, const PictureSet& set, const std::vector<std::int64_t>& cuts,
                            Importance* importance) {
  torch::NoGradGuard no_gradient;
  network->eval();
  SplitFigures figures;
  for (const std::int64_t cut : cuts) figures.points.push_back({cut, 0, 0});
  std::vector<ChannelImportance> shares;
  for (std::int64_t at = 0; at < set.size(); at += kEvaluationBatch) {
    const Batch batch = plain_batch(set, at, std::min(at + kEvaluationBatch, set.size()));
    SplitAnswer answer;
    for (SplitPoint& point : figures.points) {
      answer = network->forward(batch.pictures, torch::full({batch.labels.size(0)}, point.channels, torch::kLong));
      point.bytes += answer.bits.sum().item<double>() / 8;
      point.accuracy += right(answer.combined, batch.labels);
    }
    figures.local_accuracy += right(answer.local, batch.labels);
    figures.remote_accuracy += right(answer.remote, batch.labels);
    if (importance != nullptr) shares.push_back(importance->of(answer.features, batch.labels));
  }
  const auto count = static_cast<double>(std::max<std::int64_t>(set.size(), 1));
  for (SplitPoint& point : figures.points) {
    point.bytes /= count;
    point.accuracy /= count;
  }
  figures.local_accuracy /= count;
  figures.remote_accuracy /= count;
  if (!shares.empty()) {
    std::vector<torch::Tensor> parts;
    std::vector<torch::Tensor> rights;
    for (const ChannelImportance& share : shares) {
      parts.push_back(share.shares);
      rights.push_back(share.right);
    }
    figures.importance =
        importance_figures({torch::cat(parts), torch::cat(rights)}, network->design().important_channels());
  }
  return figures;
}

double SplitFigures::accuracy_at(double bytes) const {
  SplitPoint before{0, 0, local_accuracy};
  for (const SplitPoint& point : points) {
    if (point.bytes >= bytes) {
      const double span = point.bytes - before.bytes;
      const double along = span > 0 ? (bytes - before.bytes) / span : 1;
      return before.accuracy + along * (point.accuracy - before.accuracy);
    }
    before = point;
  }
  return before.accuracy;
}

std::string describe(const SplitFigures& figures) {
  std::ostringstream text;
  text.precision(4);
  text << "local " << 100 * figures.local_accuracy << " %";
  for (const SplitPoint& point : figures.points) {
    text << ", " << point.channels << " channels " << 100 * point.accuracy << " % at " << point.bytes << " bytes";
  }
  if (!figures.points.empty()) {
    text << ", at half the bytes " << 100 * figures.accuracy_at(figures.points.back().bytes / 2) << " %";
  }
  text << "; remote alone " << 100 * figures.remote_accuracy << " %";
  if (figures.importance) {
    text << "; skewness " << figures.importance->skewness << ", disorder in "
         << 100 * figures.importance->disorder_share << " %";
  }
  return text.str();
}

}  // namespace sluice::train::splitnet
