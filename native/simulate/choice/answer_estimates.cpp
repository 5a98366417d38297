#include "native/simulate/choice/answer_estimates.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace sluice::simulate {
namespace {

constexpr double kFramesAlike = 10;  // neighbours are near copies: so many say as much as one

// Of so many wrong of so many, a share that is not likely too low.
double careful_share(double wrong, double count) {
  const double share = (wrong + 1) / (count + 2);
  return std::min(share + std::sqrt(share * (1 - share) / (count + 2)), 1.0);
}

AnswerEstimate estimate_of(const AnswerColumn& column, const std::vector<std::size_t>& pictures) {
  AnswerEstimate estimate;
  const double count = std::max<double>(static_cast<double>(pictures.size()), 1);
  std::size_t wrong = 0;
  std::vector<double> device;
  for (const std::size_t picture : pictures) {
    const AnswerCell& cell = column.cells[picture];
    const AnswerCost& cost = column.cost_of(picture);
    wrong += cell.agrees ? 0 : 1;
    device.push_back(cost.device_kmac);
    estimate.device_kmac += cost.device_kmac / count;
    estimate.device_us += cost.device_us / count;
    estimate.server_kmac += cost.server_kmac / count;
    estimate.server_us += cost.server_us / count;
    estimate.bytes += cell.bytes / count;
    estimate.sent_share += cell.bytes > 0 ? 1 / count : 0;
  }
  const bool always_right = column.kind == "here" || column.kind == "whole";  // it is the model itself
  estimate.error = always_right ? 0 : careful_share(static_cast<double>(wrong), static_cast<double>(pictures.size()));
  if (!device.empty()) {
    const auto high = device.begin() + static_cast<std::ptrdiff_t>(0.95 * (count - 1));
    std::ranges::nth_element(device, high);
    estimate.high_device_kmac = *high;
  }
  return estimate;
}

std::vector<AnswerEstimate> estimates_of(const AnswerTable& table, const std::vector<std::size_t>& pictures) {
  std::vector<AnswerEstimate> estimates;
  for (const AnswerColumn& column : table.columns) estimates.push_back(estimate_of(column, pictures));
  return estimates;
}

std::vector<GateEstimate> estimate_gate(const AnswerTable& table) {
  const std::size_t targets = table.gate_targets.size();
  std::vector<std::size_t> answered(targets);
  std::vector<std::size_t> wrong(targets);
  std::size_t frames = 0;
  for (std::size_t set = 0; set < table.frames.size(); ++set) {
    const auto& letters = table.frames[set].letters;
    const std::size_t known = set + 1 < table.frames.size() ? letters.size() : letters.size() / 2;
    for (std::size_t i = 0; i < known; ++i) {
      ++frames;
      const std::size_t at = strictest_target(letters[i]);
      if (at == targets) continue;
      ++answered[at];
      wrong[at] += std::isupper(static_cast<unsigned char>(letters[i][at])) != 0 ? 1 : 0;
    }
  }
  std::vector<GateEstimate> estimates;
  for (std::size_t at = 0; at < targets; ++at) {
    const double share = static_cast<double>(answered[at]) / std::max<double>(static_cast<double>(frames), 1);
    estimates.push_back({share, careful_share(static_cast<double>(wrong[at]) / kFramesAlike,
                                              static_cast<double>(answered[at]) / kFramesAlike)});
  }
  return estimates;
}

}  // namespace

std::size_t AnswerEstimates::bin_of(std::uint32_t guess_percent) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(bin_ends, guess_percent) - bin_ends.begin());
}

std::size_t strictest_target(const std::string& letters) {
  for (std::size_t at = letters.size(); at-- > 0;) {
    if (letters[at] != '-') return at;
  }
  return letters.size();
}

AnswerEstimates estimate_answers(const AnswerTable& table) {
  std::vector<std::size_t> known;
  std::vector<std::uint32_t> guesses;
  for (std::size_t i = 0; i < table.guess_percent.size(); i += 2) {
    known.push_back(i);
    guesses.push_back(table.guess_percent[i]);
  }
  std::ranges::sort(guesses);
  AnswerEstimates estimates;
  for (std::size_t bin = 1; bin < kGuessBins; ++bin)
    estimates.bin_ends.push_back(guesses[bin * guesses.size() / kGuessBins]);
  estimates.overall = estimates_of(table, known);
  std::vector<std::vector<std::size_t>> bins(kGuessBins);
  for (const std::size_t picture : known) bins[estimates.bin_of(table.guess_percent[picture])].push_back(picture);
  for (const auto& bin : bins) estimates.by_bin.push_back(bin.empty() ? estimates.overall : estimates_of(table, bin));
  estimates.gate = estimate_gate(table);
  return estimates;
}

std::vector<std::size_t> new_pictures(const AnswerTable& table) {
  std::vector<std::size_t> pictures;
  for (std::size_t i = 1; i < table.guess_percent.size(); i += 2) pictures.push_back(i);
  return pictures;
}

std::vector<std::string> new_frames(const AnswerTable& table) {
  if (table.frames.empty()) return {};
  const auto& letters = table.frames.back().letters;
  return {letters.begin() + static_cast<std::ptrdiff_t>(letters.size() / 2), letters.end()};
}

}  // namespace sluice::simulate
