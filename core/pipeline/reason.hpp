// The sentence that says why a frame got its answer ("skip score 0.030 < threshold 0.210 (may err on 10 %)").
#pragma once

#include <string>
#include <string_view>

namespace sluice::pipeline {

// `error` is the share of inputs that the question may answer wrongly; 0 where it has no budget.
std::string score_reason(std::string_view question, float score, float threshold, float error);

// "0.030"; three decimals, for numbers between -10^6 and 10^6; "none" for kNoScore.
std::string decimal(float value);

}  // namespace sluice::pipeline
