// How raw model outputs become results, as a manifest states it. Plain data.
#pragma once

#include <string>

namespace sluice::output {

struct OutputSpec {
  std::string decoder;           // "retinaface", or "none": the model's own tensors
  float score_threshold = 0.5F;  // [0, 1]
  float nms_iou = 0.4F;          // [0, 1]
};

// Whether results are tables of detections (detection.hpp), as every decoder but "none" gives; else the model's own tensors.
inline bool gives_detections(const OutputSpec& spec) { return !spec.decoder.empty() && spec.decoder != "none"; }

}  // namespace sluice::output
