// Whether the small model on the device has to run as well, and when at the latest: MDInference runs it beside every request. Here it is
// left out while the remote answer is all but sure to be in time, and otherwise begun only when it must be to be done by the deadline, so
// that most of the time the remote answer comes first and it does not run at all. Pure function.
#pragma once

#include "core/adapt/estimate/time_estimate.hpp"
#include "core/base/result.hpp"

namespace sluice::adapt {

struct DuplicationOptions {
  double late_at_most = 0.001;  // with the remote answer late no more often than this nothing is duplicated, [0, 1]
  double slack_ms = 5;          // for what lies between the device's answer and the application
};

struct DuplicationPlan {
  bool needed = true;
  bool in_time = true;  // the device's answer will be, if it is begun then
  double begin_ms = 0;  // from now: begin when the remote answer is not there by then; 0: at once
  double late = 0;      // probability of a late remote answer
};

// `remote` and `device`: from now to the answer. kInvalidArgument for times that are not finite or negative; a deadline may have passed.
Result<DuplicationPlan> plan_duplicate(double deadline_ms, const TimeEstimate& remote, const TimeEstimate& device,
                                       const DuplicationOptions& options = {});

}  // namespace sluice::adapt
