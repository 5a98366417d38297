#include "native/eval/exits/exit_times.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/exit/exit_rule.hpp"
#include "core/pipeline/exit_program.hpp"
#include "core/run/network.hpp"
#include "native/eval/append_format.hpp"
#include "native/eval/exits/own_time.hpp"

namespace sluice::eval {
namespace {

// Runs pictures of a set, stage by stage.
class Stages {
 public:
  Stages(exits::StagedProgram program, exits::ExitRule rule, const LabelledPictures& pictures)
      : program_(std::move(program)), rule_(rule), pictures_(pictures) {}

  // Milliseconds until an exit is sure, or to the end.
  Result<double> time(std::size_t picture, std::span<const float> thresholds) {
    const double begin = own_time_ms();
    if (auto ran = run(picture, thresholds); !ran) return fail(ran.error());
    return own_time_ms() - begin;
  }

 private:
  Result<void> run(std::size_t picture, std::span<const float> thresholds) {
    const auto pixels = std::as_bytes(pictures_.picture(picture));
    const auto image = input::make_image(input::PixelFormat::kRgb8, pictures_.width, pictures_.height, pixels);
    if (!image) return fail(image.error());
    for (std::uint32_t stage = 0; stage < program_.model().stages(); ++stage) {
      const bool asks = stage < thresholds.size() && !exits::is_closed(rule_, thresholds[stage]);
      const auto outputs = program_.run(picture + 1, *image, stage, asks);
      if (!outputs) return fail(outputs.error());
      if (!asks) continue;
      const float confidence = (*outputs)[exits::kConfidenceOutput].tensor.as<float>()[0];
      if (exits::is_sure(rule_, confidence, thresholds[stage])) break;
    }
    return {};
  }

  exits::StagedProgram program_;
  exits::ExitRule rule_;
  const LabelledPictures& pictures_;
};

}  // namespace

Result<ExitTimes> time_exits(const pipeline::Manifest& manifest, Bytes model, Bytes branches,
                             const LabelledPictures& pictures, const TimedTurn& turn) {
  auto staged = pipeline::load_exits(manifest, model, branches, run::full_loading());
  if (!staged) return fail(staged.error());
  pipeline::Manifest without = manifest;
  without.exits->places.clear();
  auto whole = pipeline::load_exits(without, model, branches, run::full_loading());
  if (!whole) return fail(whole.error());
  Stages exits(*std::move(staged), manifest.exits->rule, pictures);
  Stages one_piece(*std::move(whole), manifest.exits->rule, pictures);
  const auto& points = manifest.exits->points;
  ExitTimes times;
  times.points_ms.assign(points.size(), 0);
  const auto count = static_cast<double>(std::max<std::size_t>(pictures.size(), 1));
  for (std::size_t picture = 0; picture < pictures.size(); ++picture) {
    std::vector<std::array<double, kTimedRounds>> took(points.size() + 1);
    for (std::size_t round = 0; round < kTimedRounds; ++round) {
      for (std::size_t i = 0; i <= points.size(); ++i) {
        const auto ms = i == points.size() ? one_piece.time(picture, {}) : exits.time(picture, points[i].thresholds);
        if (!ms) return fail(ms.error());
        took[i][round] = *ms;
      }
      if (!turn) continue;
      if (auto taken = turn(picture); !taken) return fail(taken.error());
    }
    for (std::size_t i = 0; i <= points.size(); ++i) {
      std::ranges::sort(took[i]);
      (i == points.size() ? times.whole_ms : times.points_ms[i]) += took[i][kTimedRounds / 2] / count;
    }
  }
  return times;
}

std::string times_json(const ExitTimes& times) {
  std::string json;
  append_format(json, "{\"whole_ms\":%.4f,\"points_ms\":[", times.whole_ms);
  const char* comma = "";
  for (const double ms : times.points_ms) append_format(json, "%s%.4f", std::exchange(comma, ","), ms);
  return json + "]}";
}

LabelledPictures spread_pictures(const LabelledPictures& from, std::size_t count) {
  LabelledPictures taken{from.width, from.height, {}, {}, from.class_names};
  count = std::min(count, from.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t picture = i * from.size() / count;
    const auto pixels = from.picture(picture);
    taken.pixels.insert(taken.pixels.end(), pixels.begin(), pixels.end());
    taken.labels.push_back(from.labels[picture]);
  }
  return taken;
}

}  // namespace sluice::eval
