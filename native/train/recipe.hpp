// How one question of a bundle is made: a recipe labels, gathers its data set, fits, exports and calibrates, and with that
// fills in its section of the manifest. run_fit() goes through the recipes asked for, in order; a later one may build on what
// an earlier one put into the bundle (REUSE stands on the SKIP filter's network). Every step is resumable: it finds in the
// work folder what an earlier run did. One thread at a time.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/train/labelling.hpp"
#include "native/train/progress.hpp"
#include "native/train/split.hpp"

namespace sluice::train {

struct FitOptions;

// What recipes share. Borrows everything.
struct FitJob {
  const FitOptions& options;
  const input::ImageSpec& stored;  // of the pictures in the stores
  const Split& train;
  const Split& calibrate;
  std::span<const AskModel> askers;  // the full model, which labels: one for each thread of labelling
  ProgressLog& log;
  bundle::Bundle& bundle;                     // being made
  std::map<std::string, std::string>& files;  // beside its parts, by name
};

class Recipe {
 public:
  virtual ~Recipe() = default;

  // The manifest section that comes out, and the name progress is shown under.
  virtual std::string_view section() const = 0;
  // What is wrong with the options, before anything is spent on them.
  virtual Result<void> check(const FitOptions& options) const = 0;
  // Labels what the other steps need beyond the splits' frames.
  virtual Result<void> make_dataset(FitJob& job) = 0;
  virtual Result<void> fit(FitJob& job) = 0;
  // Puts its parts into the bundle and checks that the core computes what the trainer computed.
  virtual Result<void> export_parts(FitJob& job) = 0;
  // Chooses the operating points on the calibration split and fills in the manifest's section.
  virtual Result<void> calibrate(FitJob& job) = 0;
};

}  // namespace sluice::train
