#include "core/pipeline/form_placer.hpp"

#include <algorithm>
#include <cmath>

#include "core/adapt/selection/duplication.hpp"
#include "core/adapt/selection/normal_distribution.hpp"
#include "core/pipeline/remote_route.hpp"

namespace sluice::pipeline {
namespace {

using adapt::StageModel;
using adapt::TimeEstimate;

constexpr double kTieMs = 1;  // two forms this close: the one with fewer bytes
// With the answer this unlikely to be still on its way as expected, what was expected no longer counts.
constexpr double kSurprised = 0.05;

}  // namespace

std::size_t FormPlacer::choose(const FormWays& ways, const adapt::Placement& placement) const {
  const double best_ms = placement.route().total.mean_ms;
  for (std::size_t i = 0; i < ways.count; ++i) {
    const adapt::ConsideredRoute& one = placement.considered[i];
    if (!ways.list[i].is_tried && one.usable && one.in_time && one.total.mean_ms <= kWorthTrying * best_ms) return i;
  }
  return placement.taken;
}

std::optional<PlacementChoice> FormPlacer::place(const PlacedInput& input, std::span<Route* const> routes,
                                                 const RemoteRoute* remote, Instant now, PlacementRecord& record) {
  const FormWays ways = predictor_.ways(input, routes, remote, now);
  if (ways.count == 0) return std::nullopt;
  std::array<adapt::RouteStages, kForms> stages;
  for (std::size_t i = 0; i < ways.count; ++i) {
    stages[i] = predictor_.stages_of(input, ways.list[i], remote, now);
    stages[i].route = static_cast<std::uint32_t>(i);
  }
  adapt::PlacementOptions options;
  options.deadline_ms = std::max(milliseconds_in(input.deadline - now), 0.0);
  options.tie_ms = kTieMs;
  const auto placement = adapt::place(std::span(stages).first(ways.count), options);
  if (!placement) return std::nullopt;
  record = PlacementRecord{};
  record.taken = static_cast<std::uint32_t>(choose(ways, *placement));
  record.count = static_cast<std::uint32_t>(ways.count);
  for (std::size_t i = 0; i < ways.count; ++i) {
    const adapt::ConsideredRoute& one = placement->considered[i];
    const Form form = ways.list[i].setting.form;
    record.considered[i] = {.kind = kind_of(form),
                            .form = form,
                            .in_time = one.in_time,
                            .full_model = kind_of(form) != adapt::AnswerKind::kSplit,
                            .predicted = one.total,
                            .bytes = one.bytes};
  }
  const FormWay& taken = ways.list[record.taken];
  return PlacementChoice{taken.route, taken.setting, record.chosen().bytes};
}

Instant FormPlacer::duplicate_at(const PlacementRecord* record, Instant begun, Instant deadline, Instant now) const {
  const StageModel& model = predictor_.beside();
  if (!model.known()) return now;  // how long it takes is learnt from the first
  const TimeEstimate device = model.predict({});
  const TimeEstimate remote = record != nullptr ? record->chosen().predicted : TimeEstimate{};
  const adapt::DuplicationOptions options;
  const auto plan = adapt::plan_duplicate(milliseconds_in(deadline - begun), remote, device, options);
  if (!plan || device.mean_ms > milliseconds_in(deadline - now)) return kNever;  // it would be late as well
  const Instant latest = begun + duration_of_ms(plan->begin_ms);
  if (now < latest) return latest;
  if (record == nullptr) return now;
  // As likely to be late as it is now that it has not come yet.
  const double still =
      1 - adapt::probability_within(milliseconds_in(now - begun), remote.mean_ms, adapt::deviation_of(remote));
  if (still > kSurprised && plan->late / still <= options.late_at_most) return kNever;
  return now;
}

}  // namespace sluice::pipeline
