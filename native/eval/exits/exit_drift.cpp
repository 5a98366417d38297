#include "native/eval/exits/exit_drift.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

#include "native/eval/append_format.hpp"
#include "native/eval/at_target.hpp"
#include "native/eval/exits/exit_thresholds.hpp"

namespace sluice::eval {
namespace {

constexpr std::array kDrifts{Drift::kNone, Drift::kDarker, Drift::kFlatter, Drift::kNoisy, Drift::kBlurred};
constexpr std::array kDriftNames{"none", "darker", "flatter", "noisy", "blurred"};
constexpr std::uint32_t kDriftSeed = 20'260'103;
constexpr float kNoise = 12;
constexpr float kMiddle = 128;
constexpr double kDriftConfidence = 0.95;

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L)); }

// What becomes of a value by itself.
std::uint8_t alone(Drift drift, std::uint8_t value, std::mt19937& random, std::normal_distribution<float>& noise) {
  const auto was = static_cast<float>(value);
  switch (drift) {
    case Drift::kDarker: return to_byte(was / 2);
    case Drift::kFlatter: return to_byte(kMiddle + (was - kMiddle) / 2);
    case Drift::kNoisy: return to_byte(was + noise(random));
    default: return value;
  }
}

// The mean of the pixels around it that there are.
void blur(std::span<const std::uint8_t> from, std::span<std::uint8_t> to, std::int64_t width, std::int64_t height) {
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      for (std::int64_t channel = 0; channel < 3; ++channel) {
        float sum = 0;
        float count = 0;
        for (std::int64_t v = std::max<std::int64_t>(y - 1, 0); v <= std::min(y + 1, height - 1); ++v) {
          for (std::int64_t u = std::max<std::int64_t>(x - 1, 0); u <= std::min(x + 1, width - 1); ++u) {
            sum += static_cast<float>(from[static_cast<std::size_t>((v * width + u) * 3 + channel)]);
            count += 1;
          }
        }
        to[static_cast<std::size_t>((y * width + x) * 3 + channel)] = to_byte(sum / count);
      }
    }
  }
}

LabelledPictures every_nth(const LabelledPictures& pictures, std::uint32_t n) {
  LabelledPictures taken{pictures.width, pictures.height, {}, {}, pictures.class_names};
  for (std::size_t i = 0; i < pictures.size(); i += n) {
    const auto picture = pictures.picture(i);
    taken.pixels.insert(taken.pixels.end(), picture.begin(), picture.end());
    taken.labels.push_back(pictures.labels[i]);
  }
  return taken;
}

ExitProfile inputs_from(const ExitProfile& all, std::size_t first, std::size_t step) {
  std::vector<std::size_t> exits(all.exits.size()), inputs;
  std::iota(exits.begin(), exits.end(), std::size_t{0});
  for (std::size_t i = first; i < all.inputs(); i += step) inputs.push_back(i);
  return select(all, exits, inputs);
}

DriftRow make_row(Drift drift, const ExitMeasurement& measured, std::span<const float> shipped, double target) {
  // Every second picture is counted; of the others one in two chooses, one in two calibrates.
  const ExitProfile counted = inputs_from(measured.profile, 0, 2);
  const auto own = calibrate_exits(inputs_from(measured.profile, 1, 4), inputs_from(measured.profile, 3, 4), target,
                                   kDriftConfidence, ExitPromise::kWhole);
  const auto right = std::accumulate(counted.full_right.begin(), counted.full_right.end(), std::uint64_t{0});
  const bool too_few = too_few_to_calibrate(counted.inputs() / 2, counted.exits.size(), target, kDriftConfidence);
  return {drift, static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(counted.inputs(), 1)),
          replay(counted, measured.costs, shipped), replay(counted, measured.costs, own), too_few};
}

void append_replay(std::string& text, const ExitReplay& one, double model_multiply_adds) {
  append_format(text, "  %7.2f %%  %7.2f %%  %11.1f %%", 100 * one.agreement, 100 * one.accuracy,
                100 * one.multiply_adds / model_multiply_adds);
}

}  // namespace

std::string drift_name(Drift drift) { return kDriftNames[static_cast<std::size_t>(drift)]; }

LabelledPictures drifted(const LabelledPictures& pictures, Drift drift) {
  LabelledPictures changed = pictures;
  if (drift == Drift::kBlurred) {
    const std::size_t bytes = std::size_t{pictures.width} * pictures.height * 3;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      blur(pictures.picture(i), std::span(changed.pixels).subspan(i * bytes, bytes), pictures.width, pictures.height);
    }
    return changed;
  }
  std::mt19937 random(kDriftSeed);
  std::normal_distribution<float> noise(0, kNoise);
  for (std::uint8_t& value : changed.pixels) value = alone(drift, value, random, noise);
  return changed;
}

Result<std::vector<DriftRow>> measure_drift(const bundle::Bundle& bundle, const LabelledPictures& pictures,
                                            bool labelled, double target, std::uint32_t every,
                                            const SplitProgress& progress) {
  const pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  const auto point = std::ranges::find_if(
      spec.points, [&](const pipeline::ExitPoint& one) { return one.target >= static_cast<float>(target); });
  if (point == spec.points.end()) {
    return fail(ErrorCode::kInvalidArgument, {"no point of '", bundle.manifest.name, "' promises ", target,
                                              "; drift is measured at a target that one does"});
  }
  const LabelledPictures taken = every_nth(pictures, every);
  std::vector<DriftRow> rows;
  for (const Drift drift : kDrifts) {
    const std::size_t before = rows.size() * taken.size();
    const auto told = [&](std::size_t done, std::size_t) { progress(before + done, kDrifts.size() * taken.size()); };
    const auto measured = measure_exits(bundle, drifted(taken, drift), labelled, 1, told);
    if (!measured) return fail(measured.error());
    rows.push_back(make_row(drift, *measured, to_profile(spec.rule, point->thresholds, measured->classes),
                            as_written(point->target)));
  }
  return rows;
}

std::string drift_table(const std::vector<DriftRow>& rows, double target, double model_multiply_adds) {
  std::string text;
  append_format(
      text,
      "\nPictures unlike those that calibrated, at a target of %g: one half of them, the other calibrates anew\n\n",
      target);
  text += "                     as calibrated                        calibrated on such pictures\n";
  text += "  drift    the model  agreement      right  multiply-adds  agreement      right  multiply-adds\n";
  for (const DriftRow& row : rows) {
    append_format(text, "  %-8s %7.2f %%", drift_name(row.drift).c_str(), 100 * row.model_right);
    append_replay(text, row.shipped, model_multiply_adds);
    if (row.recalibrated.shares.back() < 1) append_replay(text, row.recalibrated, model_multiply_adds);
    else
      text += row.too_few ? "  too few pictures to calibrate anew" : "  nothing can be promised: the model runs whole";
    text += '\n';
  }
  return text;
}

}  // namespace sluice::eval
