// What a bundle's exits answer on labelled pictures, with every exit asked: measured with what ships, as it ships.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/exit/exit_rule.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/exits/exit_profile.hpp"
#include "native/eval/split/in_parallel.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::eval {

struct ExitMeasurement {
  ExitProfile profile;
  ExitCosts costs;
  std::size_t classes = 0;
};

// Profiles hold confidences that grow with sureness, in [0, 1]; of the rule `entropy` 1 - entropy / log classes. From a confidence or a
// threshold of the rule to that, and back.
float to_profile(exits::ExitRule rule, float value, std::size_t classes);
float from_profile(exits::ExitRule rule, float value, std::size_t classes);
// All of a point's.
std::vector<float> to_profile(exits::ExitRule rule, std::span<const float> thresholds, std::size_t classes);

// Every n-th picture. `labelled`: otherwise the full model's own answers count as right. The bundle has exits.
Result<ExitMeasurement> measure_exits(const bundle::Bundle& bundle, const LabelledPictures& pictures, bool labelled,
                                      std::uint32_t every, const SplitProgress& progress);

}  // namespace sluice::eval
