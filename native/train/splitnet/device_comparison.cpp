#include "native/train/splitnet/device_comparison.hpp"

#include <algorithm>
#include <sstream>

#include "core/split/device/device_unit.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/device_batch.hpp"

namespace sluice::train::splitnet {
namespace {

double right_answers(const torch::Tensor& logits, const torch::Tensor& labels) {
  return logits.argmax(1).eq(labels).sum().item<double>();
}

}  // namespace

Result<DeviceComparison> compare_device_unit(std::span<const std::uint8_t> bytes, SplitNetwork& network,
                                             const PictureSet& set) {
  torch::NoGradGuard no_gradient;
  network->eval();
  split::DeviceUnit unit;
  if (const auto status = split::read_device_unit(bytes, unit); status != split::UnitStatus::kGood)
    return fail(ErrorCode::kInternal, {"the device unit: ", split::describe(status)});
  if (set.width() != unit.picture_width || set.height() != unit.picture_height) {
    return fail(ErrorCode::kShapeMismatch, {"the device unit takes pictures of ", unit.picture_width, "x",
                                            unit.picture_height, ", these are ", set.width(), "x", set.height()});
  }
  const SplitDesign& design = network->design();
  const std::vector<float> table = network->quantiser->tables().values;
  const torch::Tensor values = torch::tensor(table);
  DeviceComparison sums;
  for (std::int64_t at = 0; at < set.size(); at += kEvaluationBatch) {
    const std::int64_t end = std::min(at + kEvaluationBatch, set.size());
    const Batch batch = plain_batch(set, at, end);
    const torch::Tensor arrived = torch::full({end - at}, design.coded_channels(), torch::kLong);
    const SplitAnswer wanted = network->forward(batch.pictures, arrived);
    const DeviceBatch got = run_device_unit(unit, set.pictures.slice(0, at, end));
    // Compared by what the server makes of them: symbols of a codebook whose order training has changed have other numbers.
    const torch::Tensor sent =
        values.index_select(0, (got.sent.to(torch::kLong) - unit.first_symbol).flatten()).view_as(got.sent);
    sums.same_symbols +=
        (sent - wanted.quantised.values).abs().lt(1e-3).to(torch::kFloat64).mean({1, 2, 3}).sum().item<double>();
    sums.coded_bytes += got.coded_bytes * static_cast<double>(end - at);
    sums.same_guess += right_answers(got.logits, wanted.local.argmax(1));
    sums.local_accuracy += right_answers(got.logits, batch.labels);
    sums.network_local_accuracy += right_answers(wanted.local, batch.labels);
    const torch::Tensor remote = network->remote->forward(sent);
    const torch::Tensor combined =
        design.remote_only ? remote : network->combination->forward(got.logits, remote, arrived);
    sums.combined_accuracy += right_answers(combined, batch.labels);
    sums.network_combined_accuracy += right_answers(wanted.combined, batch.labels);
  }
  for (double* share : {&sums.coded_bytes, &sums.same_symbols, &sums.same_guess, &sums.local_accuracy,
                        &sums.network_local_accuracy, &sums.combined_accuracy, &sums.network_combined_accuracy})
    *share /= static_cast<double>(std::max<std::int64_t>(set.size(), 1));
  return sums;
}

std::string describe(const DeviceComparison& comparison) {
  std::ostringstream text;
  text.precision(4);
  text << "in whole numbers " << 100 * comparison.same_symbols << " % of the symbols and "
       << 100 * comparison.same_guess << " % of the local guesses are the same; local "
       << 100 * comparison.local_accuracy << " % (network " << 100 * comparison.network_local_accuracy
       << " %), combined " << 100 * comparison.combined_accuracy << " % (" << 100 * comparison.network_combined_accuracy
       << " %), " << comparison.coded_bytes << " bytes a payload";
  return text.str();
}

}  // namespace sluice::train::splitnet
