// `sluice eval NAME`: measures a bundle on footage that neither training nor calibration saw. Reads files and prints;
// the program around it parses the command line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"

namespace sluice::eval {

struct EvalOptions {
  std::string name;                 // of the bundle
  std::filesystem::path bundle;     // its folder; empty: build/bundles/NAME
  std::filesystem::path data;       // clips, or pictures of a bundle in two halves; empty: the test split of the set-up
  bool stream = false;              // measure on the sample stream in place of the test split
  bool json = false;                // end with one line of JSON
  std::filesystem::path baselines;  // their settings, as fit chose them; empty: baselines.json of the bundle, if there;
                                    // for a bundle in two halves or with early exits other systems' points
                                    // (split/system_points.hpp, exits/exit_points.hpp)
  std::filesystem::path plot;       // an SVG of all calibrated targets, or of accuracy by bytes or cost; empty: none
  // What times early exits in WebAssembly (exits/wasm_times.hpp); where it is not there nothing does.
  std::filesystem::path wasm_program = "build/wasm/wasm/bench_exit_times.js";
  bool drift = false;  // of a bundle with early exits: measure on drifted pictures as well (exits/exit_drift.hpp)
  // Of a bundle with a cut: how many times what was measured here a device takes (exits/cut_report.hpp).
  double device_slowdown = 10;
  std::optional<double> target;  // the operating point: the calibrated one for this agreement; none: the bundle's own
  std::uint32_t every = 1;       // every n-th frame of a video
  // Of a bundle with SKIP: thresholds learned on each of so many streams of so many frames (live/live_eval.hpp).
  bool live = false;
  bool no_reuse = false;  // with `live`
  std::size_t streams = 40;
  std::size_t stream_frames = 1500;
};

double target_of(const EvalOptions& options, const pipeline::Manifest& manifest);

// Prints the table to `out` and progress to `log` (nullptr: none). kNotFound says how to get what is missing,
// kInvalidArgument that the plot cannot be written.
Result<void> run_eval(const EvalOptions& options, std::FILE* out, std::FILE* log);

}  // namespace sluice::eval
