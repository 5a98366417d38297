#include "native/bench/choice/exit_answers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "native/eval/exits/cut_runner.hpp"
#include "native/eval/exits/cut_times.hpp"
#include "native/eval/exits/exit_measurement.hpp"
#include "native/eval/exits/exit_times.hpp"
#include "native/media/still_codec.hpp"

namespace sluice::bench {
namespace {

using eval::ExitCosts;
using eval::ExitProfile;
using simulate::AnswerCell;
using simulate::AnswerColumn;
using simulate::AnswerCost;

constexpr std::array<float, 7> kAloneTargets = {0.8F, 0.85F, 0.9F, 0.95F, 0.97F, 0.98F, 0.99F};
constexpr std::array<float, 4> kCutTargets = {0.85F, 0.9F, 0.95F, 0.98F};

std::uint32_t per_mille(float target) { return static_cast<std::uint32_t>(target * 1000 + 0.5F); }

const pipeline::ExitPoint* point_at(const std::vector<pipeline::ExitPoint>& points, float target) {
  const auto found = std::ranges::find_if(points, [target](const auto& one) { return one.target >= target - 1e-4F; });
  return found == points.end() ? nullptr : &*found;
}

// Costs by exit. Behind `cut` they are the server's; at the cut the exit is asked all the same.
std::vector<AnswerCost> exit_costs(const ExitCosts& costs, const std::vector<float>& thresholds, std::size_t cut) {
  std::vector<AnswerCost> by_exit;
  AnswerCost sum;
  const std::size_t exits = costs.branches.size();
  for (std::size_t exit = 0; exit <= exits; ++exit) {
    double& side = exit <= cut ? sum.device_kmac : sum.server_kmac;
    side += static_cast<double>(costs.stretches[exit]) / 1e3;
    if (exit < exits && (thresholds[exit] < eval::kClosed || exit == cut))
      side += static_cast<double>(costs.branches[exit]) / 1e3;
    by_exit.push_back(sum);
  }
  return by_exit;
}

std::vector<AnswerCell> exit_cells(const ExitProfile& profile, std::size_t exits,
                                   const std::vector<float>& thresholds) {
  std::vector<AnswerCell> cells;
  for (std::size_t i = 0; i < profile.inputs(); ++i) {
    std::size_t exit = 0;
    while (exit < exits && !(profile.exits[exit][i].confidence > thresholds[exit])) ++exit;
    const bool agrees = exit < profile.exits.size() ? profile.exits[exit][i].agrees : true;
    cells.push_back({static_cast<std::uint32_t>(exit), 0, agrees});
  }
  return cells;
}

void add_alone(const bundle::Bundle& bundle, const eval::ExitMeasurement& measured,
               std::vector<AnswerColumn>& columns) {
  const pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  const std::size_t exits = spec.places.size();
  for (const float target : kAloneTargets) {
    const auto* point = point_at(spec.points, target);
    if (point == nullptr) continue;
    const auto thresholds = eval::to_profile(spec.rule, point->thresholds, measured.classes);
    columns.push_back({"exits-" + std::to_string(per_mille(target)), "exit", per_mille(target),
                       exit_costs(measured.costs, thresholds, exits), exit_cells(measured.profile, exits, thresholds)});
  }
  columns.push_back({"here",
                     "here",
                     0,
                     {{static_cast<double>(measured.costs.model()) / 1e3, 0, 0, 0}},
                     std::vector<AnswerCell>(measured.profile.inputs())});
}

Result<void> add_cut(const bundle::Bundle& bundle, const eval::LabelledPictures& pictures, std::uint32_t every,
                     const eval::ExitMeasurement& on_device, const eval::SplitProgress& progress,
                     std::vector<AnswerColumn>& columns) {
  const pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  if (!spec.cut) return {};
  const eval::CodedPlace coded{spec.cut->place, bundle.part(spec.cut->coding), spec.cut->values};
  const auto measured = eval::measure_cut(bundle, coded, pictures, true, every, progress);
  if (!measured) return fail(measured.error());
  const auto times = eval::time_with_cut(bundle, eval::spread_pictures(pictures, eval::kTimedPictures));
  if (!times) return fail(times.error());
  for (const float target : kCutTargets) {
    const auto* point = point_at(spec.cut->points, target);
    if (point == nullptr) continue;
    const auto thresholds = eval::to_profile(spec.rule, point->thresholds, on_device.classes);
    AnswerColumn column{"cut-" + std::to_string(per_mille(target)), "split", per_mille(target),
                        exit_costs(on_device.costs, thresholds, spec.cut->place),
                        exit_cells(measured->profile, spec.places.size(), thresholds)};
    for (std::size_t i = 0; i < column.cells.size(); ++i) {
      if (column.cells[i].index > spec.cut->place) column.cells[i].bytes = measured->bytes[i];
    }
    for (std::size_t exit = spec.cut->place + 1; exit < column.costs.size(); ++exit) {
      column.costs[exit].device_us = 1e3 * times->cut.code_ms;
      column.costs[exit].server_us = 1e3 * times->cut.decode_ms;
    }
    columns.push_back(std::move(column));
  }
  return {};
}

// Pictures as files: what they take, and what the model says of what is left of them.
struct SentForm {
  const char* name;
  const char* kind;
  media::StillFormat format;
  int quality;
};
constexpr std::array<SentForm, 4> kForms = {{{"jpeg-60", "small", media::StillFormat::kJpeg, 60},
                                             {"jpeg-85", "small", media::StillFormat::kJpeg, 85},
                                             {"webp-90", "small", media::StillFormat::kWebp, 90},
                                             {"png", "whole", media::StillFormat::kPng, 100}}};

// What `work` gives, and the least of the microseconds that it was seen to take.
template <typename Work>
auto least_timed(double& us, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  auto result = work();
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  us = us == 0 ? took.count() : std::min(us, took.count());
  return result;
}

Result<AnswerColumn> measure_form(const SentForm& form, const bundle::Bundle& bundle,
                                  const eval::LabelledPictures& pictures, std::uint32_t every, double model_kmac,
                                  const eval::SplitProgress& progress) {
  auto runner = eval::CutRunner::create(bundle, pictures);
  if (!runner) return fail(runner.error());
  auto codec = media::StillCodec::create(form.format, pictures.width, pictures.height);
  if (!codec) return fail(codec.error());
  AnswerColumn column{form.name, form.kind, static_cast<std::uint32_t>(form.quality), {{0, model_kmac, 0, 0}}, {}};
  AnswerCost& cost = column.costs.front();
  const std::size_t count = pictures.count_of_every(every);
  for (std::size_t i = 0; i < count; ++i) {
    const auto pixels = pictures.picture(i * every);
    const auto file = least_timed(cost.device_us, [&] { return codec->encode(pixels, form.quality); });
    if (!file) return fail(file.error());
    const auto back = least_timed(cost.server_us, [&] { return codec->decode(*file); });
    if (!back) return fail(back.error());
    const auto full = runner->class_of_pixels(pixels);
    const auto says = runner->class_of_pixels(*back);
    if (!full || !says) return fail((full ? says : full).error());
    column.cells.push_back({0, static_cast<std::uint32_t>(file->size()), *full == *says});
    progress(i + 1, count);
  }
  return column;
}

}  // namespace

Result<std::vector<AnswerColumn>> measure_exit_answers(const bundle::Bundle& bundle,
                                                       const eval::LabelledPictures& pictures, std::uint32_t every,
                                                       const eval::SplitProgress& progress) {
  const auto measured = eval::measure_exits(bundle, pictures, true, every, progress);
  if (!measured) return fail(measured.error());
  std::vector<AnswerColumn> columns;
  add_alone(bundle, *measured, columns);
  if (auto added = add_cut(bundle, pictures, every, *measured, progress, columns); !added) return fail(added.error());
  for (const SentForm& form : kForms) {
    auto column =
        measure_form(form, bundle, pictures, every, static_cast<double>(measured->costs.model()) / 1e3, progress);
    if (!column) return fail(column.error());
    columns.push_back(*std::move(column));
  }
  return columns;
}

}  // namespace sluice::bench
