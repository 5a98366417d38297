#include "native/simulate/residency/measured_models.hpp"

#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string_view>

#include "native/simulate/residency/random_order.hpp"

namespace sluice::simulate {
namespace {

constexpr std::string_view kHead = "name,load_s,run_s,bytes";
constexpr double kLongestS = 1e6;

template <typename Number>
bool take_number(std::string_view& line, Number& number) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc()) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (line.starts_with(',')) line.remove_prefix(1);
  return true;
}

bool is_time(double seconds) { return seconds >= 0 && seconds <= kLongestS; }  // false for what is no number

std::optional<MeasuredModel> read_model(std::string_view line) {
  const std::size_t comma = line.find(',');
  if (comma == 0 || comma == std::string_view::npos) return std::nullopt;
  MeasuredModel model{std::string(line.substr(0, comma)), 0, 0, 0};
  line.remove_prefix(comma + 1);
  if (!take_number(line, model.load_s) || !take_number(line, model.run_s) || !take_number(line, model.bytes))
    return std::nullopt;
  const bool sound = is_time(model.load_s) && is_time(model.run_s) && model.bytes > 0 && line.empty();
  return sound ? std::optional(model) : std::nullopt;
}

Duration in_us(double seconds) { return Duration(static_cast<Duration::rep>(std::llround(seconds * 1e6))); }

}  // namespace

Result<std::vector<MeasuredModel>> read_models(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return fail(ErrorCode::kIoError, {path.string(), " can't be read"});
  if (line != kHead) return fail(ErrorCode::kMalformedMedia, {path.string(), ": the first line must be ", kHead});
  std::vector<MeasuredModel> models;
  for (std::size_t number = 2; std::getline(file, line); ++number) {
    auto model = read_model(line);
    if (!model) {
      return fail(ErrorCode::kMalformedMedia, {path.string(), ": line ", number, " is not ", kHead,
                                               " with finite times from zero and a size above zero"});
    }
    models.push_back(std::move(*model));
  }
  if (models.empty()) return fail(ErrorCode::kMalformedMedia, {path.string(), " lists no models"});
  return models;
}

std::vector<SimulatedModel> draw_models(std::span<const MeasuredModel> measured, std::size_t count,
                                        std::uint64_t seed) {
  std::vector<SimulatedModel> models;
  models.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const MeasuredModel& one = measured[next_below(seed, measured.size())];
    models.push_back({{one.bytes, in_us(one.load_s)}, in_us(one.run_s)});
  }
  return models;
}

std::uint64_t total_bytes(std::span<const SimulatedModel> models) {
  std::uint64_t sum = 0;
  for (const auto& model : models) sum += model.profile.bytes;
  return sum;
}

}  // namespace sluice::simulate
