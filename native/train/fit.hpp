// `sluice fit`: from an ONNX model, a redundancy rule and footage to a bundle whose questions keep calibrated promises. A
// recipe for each question (recipe.hpp) labels by running the model (cached, resumable), composes more pictures, trains,
// exports, checks that the core computes what LibTorch computes and calibrates on footage of its own; only then is the
// bundle replaced, in one step.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/filter/calibration.hpp"
#include "core/output/agreement.hpp"
#include "core/pipeline/manifest.hpp"
#include "native/train/labelling.hpp"
#include "native/train/training_options.hpp"

namespace sluice::train {

// The REUSE section, beside SKIP.
struct ReuseOptions {
  bool wanted = false;
  output::AgreementSpec agree_when{"boxes", 0.5F, 0};
  std::uint32_t frames_per_clip = 300;  // of each training video, taken evenly; 0: all
  std::size_t motions = 200;            // composed sequences for training
  std::size_t calibrate_motions = 300;  // and for calibration, each a block of its own
  std::uint32_t pictures_per_motion = 16;
  EmbeddingOptions training;
  std::uint32_t max_entries = 256;  // of the cache
  std::uint32_t max_age_ms =
      30'000;                    // not above a calibration block's length, or the promise was not calibrated for it
  std::uint32_t neighbours = 3;  // that vote
  double skip_share = 0;         // of the error budget, (0, 1); 0: chosen on the calibration sequences
};

struct FitOptions {
  std::string name;
  std::string version = "1.0.0";
  std::string description;
  std::filesystem::path model;      // ONNX
  pipeline::ModelSpec model_spec;   // input and output; `part` is filled in
  std::string rule = "count == 0";  // when the result is redundant
  std::vector<std::filesystem::path> train;
  std::vector<std::filesystem::path> calibrate;
  std::filesystem::path out;   // bundle folder
  std::filesystem::path work;  // labels and checkpoints
  LabelOptions labels;
  std::size_t composed = 20'000;       // scenes composed of the footage, beside its own frames
  std::size_t screens = 0;             // screens with small video pictures of the footage on them
  std::size_t calibrate_composed = 0;  // of the calibration footage, each a block of its own
  std::size_t calibrate_screens = 0;   // the same; with any, every promise holds for screens and the rest separately
  std::uint32_t calibrate_frames_per_clip = 200;
  std::uint32_t calibrate_block_frames = 900;  // longer than a scene's memory: 30 s of most cameras
  TrainOptions training;
  std::filesystem::path
      filter;  // ONNX of a filter that is there already, to calibrate and build on, with its embedding if it has one; empty: train one
  std::filesystem::path keep_skip;  // a bundle whose SKIP section is taken over, filter and thresholds; empty: make one
  ReuseOptions reuse;
  filter::Promise promise = filter::Promise::kAnyMixture;
  double confidence = 0.95;
  double default_target = 0.9;
  std::vector<double> targets{0.80, 0.85, 0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99};
  bool copy_model = false;  // put the model's file into the bundle too
};

// The network that a filter has unless told otherwise, for pictures of this size.
GateDesign default_gate(std::uint32_t width, std::uint32_t height);

// Progress and figures go to `log` (nullptr: none). A failure, or a kill at any moment, leaves the bundle as it was;
// the next run with the same options goes on from what the work folder holds.
Result<void> run_fit(const FitOptions& options, std::FILE* log);

}  // namespace sluice::train
