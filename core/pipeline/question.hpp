// One question of the pipeline ("does this input matter?"), asked of every frame in the manifest's order, cheapest first.
// Adding a system to Sluice is one class behind this interface. A question belongs to one pipeline and is asked by one
// thread at a time. ask() must not allocate after its first frames of a size.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/result.hpp"
#include "core/input/image.hpp"
#include "core/pipeline/answer.hpp"

namespace sluice::pipeline {

struct Verdict {
  std::optional<AnswerKind> answer;  // set: this question answers the frame; nullopt: ask the next one
  float score = 0;                   // [0, 1]; what was compared
  float threshold = 0;
};

class Question {
 public:
  virtual ~Question() = default;
  virtual std::string_view name() const = 0;  // "skip"
  virtual Result<Verdict> ask(const input::ImageView& frame) = 0;

  // Chooses the operating point for an accuracy target in (0, 1]: the calibrated one with the smallest target that is not
  // below it. Returns the target that is kept; 1 when no point reaches it, and then the question lets every frame pass.
  virtual float set_accuracy_target(float target) = 0;
};

}  // namespace sluice::pipeline
