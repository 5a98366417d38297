#include "core/pipeline/reason.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/text.hpp"

namespace sluice::pipeline {

// Without printf, whose floating-point part weighs more than the rest of the gate's text.
std::string decimal(float value) {
  if (std::isnan(value)) return "nan";
  const long thousandths = std::lround(std::clamp(value, -1000.0F, 1000.0F) * 1000.0F);
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
