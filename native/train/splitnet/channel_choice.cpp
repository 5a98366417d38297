#include "native/train/splitnet/channel_choice.hpp"

#include "native/train/splitnet/augment.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::int64_t kMostSamples = 5000;  // shares are settled long before

}  // namespace

torch::Tensor choose_channels(Extractor& extractor, Importance& importance, const PictureSet& set,
                              std::int64_t local_channels, ChannelChoice choice, std::uint64_t seed) {
  const std::int64_t channels = extractor->layers().back()->design().out;
  if (choice == ChannelChoice::kFirst) return torch::arange(channels, torch::kLong);
  if (choice == ChannelChoice::kRandom) {
    torch::manual_seed(seed);
    return torch::randperm(channels, torch::kLong);
  }
  torch::NoGradGuard no_gradient;
  extractor->eval();
  torch::Tensor score = torch::zeros({channels});
  const std::int64_t count = std::min(kMostSamples, set.size());
  for (std::int64_t at = 0; at < count; at += kEvaluationBatch) {
    const Batch batch = plain_batch(set, at, std::min(at + kEvaluationBatch, count));
    const ChannelImportance found = importance.of(extractor->forward(batch.pictures), batch.labels);
    const torch::Tensor right = found.right.unsqueeze(1);
    if (choice == ChannelChoice::kImportance) {
      score += (found.shares * right).sum(0);
    } else {
      const torch::Tensor top = std::get<1>(found.shares.topk(local_channels, 1));
      score += (torch::zeros_like(found.shares).scatter_(1, top, 1.0) * right).sum(0);
    }
  }
  return score.argsort(0, true);
}

}  // namespace sluice::train::splitnet
