// By how much expectations of errors are off, from the few answers that are compared with the full model's: what was wrong over what was
// expected to be, old comparisons counting for less. An error that was calibrated on other data is right again where the world has moved
// on. Expectations only rise by it: few comparisons are luck, and who believed in luck would take what goes wrong. Keep one for each kind of
// answer. Plain numbers, nothing allocated. One thread at a time.
#pragma once

namespace sluice::adapt {

class ErrorCorrection {
 public:
  static constexpr double kForgetting = 0.998;  // at each comparison
  static constexpr double kPriorErrors = 2;     // expected and seen before the first

  // An answer that was expected to be wrong with this probability was compared. What is not in [0, 1] is ignored.
  void observe(double expected, bool wrong);
  // The probability to reckon with, in [0, 1]; of what is none the same.
  double corrected(double expected) const;
  // At least 1.
  double ratio() const;

 private:
  double expected_ = 0;
  double wrong_ = 0;
};

}  // namespace sluice::adapt
