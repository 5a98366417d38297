// Runs the full model on a picture and says, by the bundle's rule, whether its result is needed, and where it found
// something. Owns the model; one thread at a time.
#pragma once

#include <string>
#include <vector>

#include "core/output/detection.hpp"
#include "core/output/redundancy.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/reuse/reuse_cache.hpp"
#include "core/run/program.hpp"

namespace sluice::eval {

struct Verdict {
  bool needed = false;
  std::vector<output::Detection> found;  // in source pixels; those below the score threshold too, where asked for
  reuse::SharedOutputs result;           // what the model answers, above the threshold
};

class Labeller {
 public:
  // With `weak_score` below the spec's threshold, weaker finds are reported as well; the label does not change by it.
  static Result<Labeller> load(Bytes onnx, const pipeline::ModelSpec& spec, const std::string& rule,
                               float weak_score = 1);

  Result<Verdict> ask(const input::ImageView& picture);

 private:
  Labeller(run::Program model, output::RedundancyRule rule, float threshold);
  run::Program model_;
  output::RedundancyRule rule_;
  float threshold_;
};

// Detections as a model's result.
Result<reuse::SharedOutputs> detections_result(const std::vector<output::Detection>& detections);

}  // namespace sluice::eval
