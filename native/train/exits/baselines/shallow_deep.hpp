// Shallow-Deep Networks (Kaya and others, ICML'19), with the backbone as it is: internal classifiers at shares of the cost, learned from
// labels, one threshold on the largest probability for all of them.
#pragma once

#include "native/train/exits/baselines/subject.hpp"

namespace sluice::train::exits::baselines {

Result<std::vector<ExitBaselinePoint>> run_shallow_deep(const Subject& subject);

}  // namespace sluice::train::exits::baselines
