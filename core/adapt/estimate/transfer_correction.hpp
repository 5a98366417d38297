// PieSlicer's online correction of the transfer time: a number of milliseconds that is added to what the fitted line says. Two rules of
// updating it. `kReleased` is the one of the published code, delta = 1.5 delta + 0.5 error, which grows without bound whatever the errors;
// it is here so that it can be shown. `kSmoothed` is what was meant: the mean of the errors, each half as important as the next.
// Plain numbers; no clock, nothing allocated.
#pragma once

#include <cstdint>

namespace sluice::adapt {

enum class CorrectionRule : std::uint8_t { kReleased, kSmoothed };

class TransferCorrection {
 public:
  explicit TransferCorrection(CorrectionRule rule) : rule_(rule) {}

  // `error_ms`: the actual time less the line's, without this correction. One that is not finite is not learnt from; answers whether it
  // was.
  bool observe(double error_ms);
  // May become infinite under kReleased; never under kSmoothed.
  double delta_ms() const { return delta_ms_; }

 private:
  CorrectionRule rule_;
  double delta_ms_ = 0;
};

}  // namespace sluice::adapt
