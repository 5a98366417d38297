// The sentence that says why a frame got its answer ("skip score 0.030 < threshold 0.210 (target 90 %)").
#pragma once

#include <string>
#include <string_view>

namespace sluice::pipeline {

// `target` is the accuracy target that the question keeps; 0 when none was chosen.
std::string score_reason(std::string_view question, float score, float threshold, float target);

// "0.030"; three decimals, for numbers between -1000 and 1000.
std::string decimal(float value);

}  // namespace sluice::pipeline
