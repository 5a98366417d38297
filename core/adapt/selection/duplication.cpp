#include "core/adapt/selection/duplication.hpp"

#include <algorithm>
#include <cmath>

#include "core/adapt/selection/normal_distribution.hpp"

namespace sluice::adapt {
Result<DuplicationPlan> plan_duplicate(double deadline_ms, const TimeEstimate& remote, const TimeEstimate& device,
                                       const DuplicationOptions& options) {
  if (!std::isfinite(deadline_ms) || !is_time(remote) || !is_time(device)) {
    return fail(ErrorCode::kInvalidArgument,
                {"a deadline of ", deadline_ms, " ms, ", remote.mean_ms, " ms to the remote answer and ",
                 device.mean_ms, " ms to the device's: all are finite, the last two not negative"});
  }
  if (!(options.late_at_most >= 0 && options.late_at_most <= 1) || !(options.slack_ms >= 0)) {
    return fail(ErrorCode::kInvalidArgument,
                {"late at most ", options.late_at_most, " with a slack of ", options.slack_ms, " ms"});
  }
  DuplicationPlan plan;
  plan.late = 1 - probability_within(deadline_ms, remote.mean_ms, deviation_of(remote));
  plan.needed = plan.late > options.late_at_most;
  const double latest = deadline_ms - device.p95_ms - options.slack_ms;
  plan.in_time = latest >= 0;
  plan.begin_ms = std::max(latest, 0.0);
  return plan;
}

}  // namespace sluice::adapt
