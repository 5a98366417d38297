#include "core/pipeline/decision_stage.hpp"

#include <bit>
#include <limits>
#include <utility>

#include "core/base/text.hpp"
#include "core/exit/staged_program.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::uint64_t kMostTookUs = std::uint64_t{1} << 40;  // a log may come from anyone: sums of times are times
constexpr std::uint64_t kMostMultiplyAdds = std::uint64_t{1} << 50;
constexpr std::uint64_t kMostPayloadBytes = std::uint64_t{1} << 20;

}  // namespace

std::string stage_line(Instant now, Duration took, std::uint64_t multiply_adds,
                       std::span<const output::OutputTensor> outputs) {
  std::string line = join_text({now.time_since_epoch().count(), " stage ", took.count(), " ", multiply_adds});
  if (outputs.size() > exits::kConfidenceOutput) {
    const float confidence = outputs[exits::kConfidenceOutput].tensor.as<float>()[0];
    append_text(line, {" ", std::bit_cast<std::uint32_t>(confidence)});
  }
  return line;
}

std::optional<RecordedStage> read_stage(std::span<const std::uint64_t> numbers) {
  if (numbers.size() < 2 || numbers.size() > 3) return std::nullopt;
  if (numbers[0] > kMostTookUs || numbers[1] > kMostMultiplyAdds) return std::nullopt;
  RecordedStage stage;
  stage.took = Duration(static_cast<std::int64_t>(numbers[0]));
  stage.multiply_adds = numbers[1];
  if (numbers.size() == 2) return stage;
  if (numbers[2] > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  auto logits = Tensor::create(DataType::kFloat32, {1, 1});
  auto confidence = Tensor::create(DataType::kFloat32, {1});
  if (!logits || !confidence) return std::nullopt;
  confidence->as<float>()[0] = std::bit_cast<float>(static_cast<std::uint32_t>(numbers[2]));
  stage.outputs.push_back({"logits", *std::move(logits)});
  stage.outputs.push_back({"confidence", *std::move(confidence)});
  return stage;
}

std::string cut_line(Instant now, Duration took, std::span<const output::OutputTensor> outputs) {
  const std::size_t bytes = outputs.empty() ? 0 : outputs[0].tensor.view().bytes.size();
  return join_text({now.time_since_epoch().count(), " cut ", took.count(), " ", bytes});
}

std::optional<RecordedStage> read_cut(std::span<const std::uint64_t> numbers) {
  if (numbers.size() != 2 || numbers[0] > kMostTookUs || numbers[1] > kMostPayloadBytes) return std::nullopt;
  auto payload = Tensor::create(DataType::kUint8, {static_cast<std::int64_t>(numbers[1])});
  if (!payload) return std::nullopt;
  RecordedStage cut;
  cut.took = Duration(static_cast<std::int64_t>(numbers[0]));
  cut.outputs.push_back({"cut", *std::move(payload)});
  return cut;
}

}  // namespace sluice::pipeline
