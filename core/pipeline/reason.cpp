#include "core/pipeline/reason.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/text.hpp"
#include "core/pipeline/answer.hpp"

namespace sluice::pipeline {

// Without printf, whose floating-point part weighs more than the rest of the gate's text.
std::string decimal(float value) {
  if (std::isnan(value)) return "nan";
  if (value == kNoScore) return "none";
  constexpr float kMost = 1e6F;  // a threshold's; a long of 32 bits holds its thousandths
  const long thousandths = std::lround(std::clamp(value, -kMost, kMost) * 1000.0F);
  const std::string digits = join_text({1000 + std::labs(thousandths) % 1000});
  return join_text({(thousandths < 0 ? "-" : ""), std::labs(thousandths) / 1000, ".", digits.substr(1)});
}

std::string score_reason(std::string_view question, float score, float threshold, float error) {
  std::string text(question);
  text +=
      join_text({" score ", decimal(score), (score < threshold ? " < " : " >= "), "threshold ", decimal(threshold)});
  if (error > 0) {
    const long tenths = std::lround(std::clamp(error, 0.0F, 1.0F) * 1000.0F);
    text += join_text({" (may err on ", tenths / 10});
    if (tenths % 10 != 0) text += join_text({".", tenths % 10});
    text += " %)";
  }
  return text;
}

}  // namespace sluice::pipeline
