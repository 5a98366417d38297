#include "core/adapt/placement/placement.hpp"

#include <cmath>

namespace sluice::adapt {
namespace {

bool is_option(double value) { return std::isfinite(value) && value >= 0; }

ConsideredRoute consider(const RouteStages& stages, const PlacementOptions& options) {
  ConsideredRoute route;
  route.route = stages.route;
  route.bytes = stages.bytes;
  route.total = in_sequence({stages.device, stages.transfer, stages.server});
  route.usable = is_time(stages.device) && is_time(stages.transfer) && is_time(stages.server);
  route.in_time = route.usable && (!options.deadline_ms || route.total.p95_ms <= *options.deadline_ms);
  return route;
}

bool is_better(const ConsideredRoute& one, const ConsideredRoute& best, double tie_ms) {
  if (one.in_time != best.in_time) return one.in_time;
  const double sooner = best.total.mean_ms - one.total.mean_ms;
  if (std::abs(sooner) <= tie_ms && one.bytes != best.bytes) return one.bytes < best.bytes;
  return sooner > 0;
}

// Whether the first route keeps its place: the best is not expected that much sooner.
bool is_held(const ConsideredRoute& first, const ConsideredRoute& best, double deviations) {
  if (deviations == 0 || first.in_time != best.in_time) return false;
  return first.total.mean_ms - best.total.mean_ms <=
         deviations * std::hypot(deviation_of(first.total), deviation_of(best.total));
}

Result<void> check_placement(std::span<const RouteStages> routes, const PlacementOptions& options) {
  if (routes.empty() || routes.size() > kMaxRoutes) {
    return fail(ErrorCode::kInvalidArgument,
                {routes.size(), " routes to choose from; 1 to ", kMaxRoutes, " are possible"});
  }
  if (!is_option(options.hold_first_deviations) || !is_option(options.tie_ms) ||
      (options.deadline_ms && !is_option(*options.deadline_ms))) {
    return fail(ErrorCode::kInvalidArgument, "a placement's deadline, margin and tie are finite and not negative");
  }
  return {};
}

}  // namespace

Result<Placement> place(std::span<const RouteStages> routes, const PlacementOptions& options) {
  if (auto checked = check_placement(routes, options); !checked) return fail(checked.error());
  Placement placement;
  bool found = false;
  for (const RouteStages& stages : routes) {
    const std::size_t at = placement.count++;
    placement.considered[at] = consider(stages, options);
    if (!placement.considered[at].usable) continue;
    if (!found || is_better(placement.considered[at], placement.route(), options.tie_ms)) placement.taken = at;
    found = true;
  }
  if (!found) {
    return fail(ErrorCode::kInvalidArgument,
                {"none of ", routes.size(), " routes has times that are finite and not negative"});
  }
  if (placement.taken != 0 && placement.considered[0].usable &&
      is_held(placement.considered[0], placement.route(), options.hold_first_deviations)) {
    placement.taken = 0;
  }
  return placement;
}

}  // namespace sluice::adapt
