// The systems that the options name, one after the other, on pictures that are already there.
#pragma once

#include "native/train/exits/baselines/subject.hpp"

namespace sluice::train::exits::baselines {

// Points are written to options.out after each system. kInvalidArgument names a system that is none of the known ones.
Result<std::vector<ExitBaselinePoint>> run_systems(const Subject& subject);

}  // namespace sluice::train::exits::baselines
