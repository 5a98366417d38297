#include "core/pipeline/decision_halves.hpp"

#include <limits>
#include <utility>

#include "core/base/text.hpp"
#include "core/pipeline/split_route.hpp"

namespace sluice::pipeline {
namespace {

// A log may come from anyone: what it makes a replay take is bounded.
constexpr std::uint64_t kMostClasses = 1 << 16;
constexpr std::uint64_t kMostPayloadBytes = 1 << 20;
constexpr std::uint64_t kMostTookUs = std::uint64_t{1} << 40;

}  // namespace

std::string halves_line(Instant now, Duration took, std::span<const output::OutputTensor> outputs) {
  std::string line = join_text(
      {now.time_since_epoch().count(), " halves ", took.count(), " ", outputs[kGuessOutput].tensor.as<float>().size()});
  for (const std::int32_t end : outputs[kEndsOutput].tensor.as<std::int32_t>()) append_text(line, {" ", end});
  return line;
}

std::optional<RecordedHalves> read_halves(std::span<const std::uint64_t> numbers) {
  if (numbers.size() < 2 || numbers[0] > kMostTookUs || numbers[1] == 0 || numbers[1] > kMostClasses) {
    return std::nullopt;
  }
  const auto ends = numbers.subspan(2);
  const std::uint64_t bytes = ends.empty() ? 0 : ends.back();
  if (bytes > kMostPayloadBytes) return std::nullopt;
  auto guess = Tensor::create(DataType::kFloat32, {1, static_cast<std::int64_t>(numbers[1])});
  auto features = Tensor::create(DataType::kUint8, {static_cast<std::int64_t>(bytes)});
  auto counts = Tensor::create(DataType::kInt32, {static_cast<std::int64_t>(ends.size())});
  if (!guess || !features || !counts) return std::nullopt;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (ends[i] > bytes || (i > 0 && ends[i] < ends[i - 1])) return std::nullopt;
    counts->as<std::int32_t>()[i] = static_cast<std::int32_t>(ends[i]);
  }
  RecordedHalves halves;
  halves.took = Duration(static_cast<std::int64_t>(numbers[0]));
  halves.outputs.push_back({"guess", *std::move(guess)});
  halves.outputs.push_back({"features", *std::move(features)});
  halves.outputs.push_back({"ends", *std::move(counts)});
  return halves;
}

}  // namespace sluice::pipeline
