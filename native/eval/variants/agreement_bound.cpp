#include "native/eval/variants/agreement_bound.hpp"

#include <algorithm>

#include "core/filter/calibration.hpp"

namespace sluice::eval {
namespace {

double share_of(const BlockAgreement& block) {
  return block.inputs == 0 ? 0 : static_cast<double>(block.agreed) / block.inputs;
}

// The least bound that a mean loss can be said to stay below.
double proven_below(double sum, std::span<const BlockAgreement> blocks, double confidence) {
  if (blocks.empty()) return 1;
  const bool whole = std::ranges::all_of(blocks, [](const BlockAgreement& block) { return block.inputs == 1; });
  const auto count = static_cast<std::uint32_t>(blocks.size());
  double low = 0;
  double high = 1;
  for (int step = 0; step < 50; ++step) {
    const double middle = (low + high) / 2;
    (filter::loss_p_value(sum, count, whole, middle) <= 1 - confidence ? high : low) = middle;
  }
  return high;
}

double sum_of_shares(std::span<const BlockAgreement> blocks) {
  double sum = 0;
  for (const BlockAgreement& block : blocks) sum += share_of(block);
  return sum;
}

}  // namespace

double agreement_share(std::span<const BlockAgreement> blocks) {
  return blocks.empty() ? 0 : sum_of_shares(blocks) / static_cast<double>(blocks.size());
}

double least_agreement(std::span<const BlockAgreement> blocks, double confidence) {
  const double agreed = sum_of_shares(blocks);
  return 1 - proven_below(static_cast<double>(blocks.size()) - agreed, blocks, confidence);
}

double most_agreement(std::span<const BlockAgreement> blocks, double confidence) {
  return proven_below(sum_of_shares(blocks), blocks, confidence);
}

}  // namespace sluice::eval
