// BranchyNet (Teerapittayanon and others, ICPR'16): two exits of plain convolutions, early ones counted more in the loss, an exit taken
// where the entropy is below its threshold, thresholds by trying all combinations. Its own training is joint, from the trained backbone;
// a second one leaves the backbone as it is.
#pragma once

#include "native/train/exits/baselines/subject.hpp"

namespace sluice::train::exits::baselines {

Result<std::vector<ExitBaselinePoint>> run_branchynet(const Subject& subject);
Result<std::vector<ExitBaselinePoint>> run_branchynet_frozen(const Subject& subject);

}  // namespace sluice::train::exits::baselines
