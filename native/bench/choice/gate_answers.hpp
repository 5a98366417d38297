// What a gate of SKIP and REUSE answers frame by frame at several targets, and where it is wrong. Measured with what ships, as it ships.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/measurement.hpp"

namespace sluice::bench {

inline constexpr double kGateTargets[] = {0.8, 0.85, 0.9, 0.92, 0.95};

struct GateAnswers {
  double kmac = 0;                  // of the gate
  std::vector<std::string> frames;  // at each target a letter: - run, s skipped, r reused; S and R wrongly
};

// Clips in the order of their names, through one cache, as `sluice eval` does.
Result<GateAnswers> measure_gate_answers(const bundle::Bundle& bundle, const std::filesystem::path& footage,
                                         const eval::ClipProgress& progress);

}  // namespace sluice::bench
