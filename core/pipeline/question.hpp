// One question of the pipeline ("does this input matter?", "have I answered this before?"), asked of every input in the
// manifest's order, cheapest first. Adding one is a folder under core/questions with a class behind this interface, a section
// of the manifest, and a row in core/questions (table.hpp). A question belongs to one pipeline and is asked by one thread at a
// time. ask() must not allocate after its first inputs of a size.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/input/input.hpp"
#include "core/pipeline/answer.hpp"

namespace sluice::pipeline {

// The input that is asked about. Networks that several questions read (shared_network.hpp) run once for an id.
struct AskContext {
  const input::InputView& input;
  InputId id = 0;
  Instant now;
  bool may_be_declined = false;  // the answer may not be taken, and the full model's learned in its place
};

struct Verdict {
  std::optional<AnswerKind> kind;     // set: this question answers the input; nullopt: ask the next one
  std::vector<OutputTensor> outputs;  // of the answer
  float score = 0;                    // what was compared: the question answers below the threshold
  float threshold = 0;
  std::string_view note;  // what the reason has to add; constant text
};

// By what a server finds an input among those that it answered for other clients. Borrowed from the question.
struct SharedKey {
  std::span<const float> embedding;  // empty: not at all
  float max_distance = 0;            // an answer at this distance or beyond is none
};

class Question {
 public:
  virtual ~Question() = default;
  virtual std::string_view name() const = 0;  // "skip"

  // kInvalidInput and kInvalidImage mean that the input is refused; any other error, that the next question is asked.
  virtual Result<Verdict> ask(const AskContext& context) = 0;

  // The full model's answer to an input that this question let pass.
  virtual void learn(const Answer& answer, Instant now) {
    static_cast<void>(answer);
    static_cast<void>(now);
  }
  // An input that this question let pass ended in another way.
  virtual void forget(InputId id) { static_cast<void>(id); }

  // Of an input that this question let pass, until it is learned or forgotten.
  virtual SharedKey shared_key(InputId id) const {
    static_cast<void>(id);
    return {};
  }

  // The share of all inputs, in [0, 1), that this question may answer otherwise than the full model would. It takes the
  // calibrated operating point that spends most of it and returns what that one spends; 0 when there is none within it, and
  // then the question answers nothing.
  virtual float set_error_budget(float allowed) = 0;
  // From now on, until the next error budget, it answers at every score at which it has an answer: whether that is taken is decided
  // elsewhere (Client::promise_with()).
  virtual void open_to_choice() {}
};

}  // namespace sluice::pipeline
