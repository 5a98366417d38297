// The accuracy promise of one stream, kept live: which scores each question answers (threshold_control.hpp), which answers are audited
// (audit_sampling.hpp), and what is known of how often answers were wrong, as three statements that are kept apart: what is promised, by estimate
// and margin; what is proven; and an alarm with a stated rate of false ones. The way of an input:
//
//   scores below threshold(i) are answered by question i, the first that does; the others go to the full model
//   answered(scores)  -> the draw: whether the full model is to recompute it, when there is room
//   passed(scores)       the full model answers it
//   learned(i, score, wrong)   for each question that gave a score, once the full model's answer is known, whichever way
//   audit_came(audit, wrong), audit_failed(audit)   for each answer that was drawn, once
//
// Scores are mapped to [0, 1) by whoever asks, so that a higher one is wrong more often. What comes twice or late is the caller's to leave out; numbers are
// not trusted. Deterministic: draws come from the seed. Plain numbers of a bounded size, nothing allocated after create(). One thread at a
// time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/promise/audit_sampling.hpp"
#include "core/promise/error_alarm.hpp"
#include "core/promise/error_curve.hpp"
#include "core/promise/estimated_errors.hpp"
#include "core/promise/proven_errors.hpp"
#include "core/promise/threshold_control.hpp"

namespace sluice::promise {

struct PromiseOptions {
  double confidence = 0.95;               // of what is proven, above 0 and below 1
  double inputs_between_false = 100'000;  // alarms, in the mean
  ControlOptions control{};               // the target is here
  CurveOptions curves{};
  AuditOptions audits{};
  EstimateOptions estimate{};
};

enum class PromiseState : std::uint8_t {
  kLearning = 0,  // too few audits to say
  kKept = 1,      // by estimate and margin
  kTight = 2,     // by the estimate, but not with its margin
  kBroken = 3,    // not even by the estimate
};
std::string_view promise_state_name(PromiseState state);  // "learning", ...

// An answer that was drawn to be audited. `input` counts answers and runs from 1 on.
struct Audit {
  std::uint64_t input = 0;
  double probability = 1;
  double expected = 0;
  bool drawn = false;
};

// Agreement is 1 less the share of wrong answers among all inputs.
struct PromiseReport {
  double target = 0;
  std::uint64_t inputs = 0;
  std::uint64_t answered = 0;  // without the full model
  std::uint64_t audits = 0;    // drawn
  std::uint64_t pending = 0;   // of those that have neither come nor failed
  std::uint64_t found = 0;     // wrong, by audits
  double allowed_errors = 0;   // so far
  ErrorEstimate whole;         // of the stream
  ErrorEstimate recent;        // of its last inputs
  ErrorInterval proven;        // with `confidence`; what is pending is taken for wrong
  double confidence = 0;
  double alarm_nearness = 0;  // 1: it goes off
  std::uint64_t alarms = 0;
  std::uint64_t last_alarm = 0;  // the input; 0: none yet
  PromiseState state = PromiseState::kLearning;
  std::uint64_t since = 0;  // which input the state has held from
};

class LivePromise {
 public:
  // `expected`: what the bundle leads to expect of each question, in their order; 1 to kMostQuestions; `begins`: the thresholds of the first
  // inputs, 0 or none where nothing is to be answered yet. kInvalidArgument names the option out of its range.
  static Result<LivePromise> create(const PromiseOptions& options, std::span<const ErrorCurve::Rates> expected,
                                    std::span<const float> begins = {});

  std::size_t questions() const { return curves_.size(); }
  float threshold(std::size_t question) const { return control_.threshold(question); }

  // `scores`: of the questions that were asked, the last of which answered. Precondition: 1 to questions(). One that was passed over, or had
  // no answer, has none: NaN.
  Audit answered(std::span<const float> scores);
  // The full model answers; `scores` of the questions that were asked.
  void passed(std::span<const float> scores);

  // Whether the answer that the question would have given at this score, or gave, differs from the full model's.
  void learned(std::size_t question, float score, bool wrong);
  // kInvalidArgument for an audit that was not drawn, or whose numbers no draw gives.
  Result<void> audit_came(const Audit& audit, bool wrong);
  // The full model gave none: taken for wrong by what is proven, and for as wrong as was expected by the estimate.
  Result<void> audit_failed(const Audit& audit);
  // Something changed in what the inputs look like: more is audited for a while.
  void scene_changed() { sampling_.changed(); }

  // How likely an answer of the question at this score is wrong.
  double expected_error(std::size_t question, float score) const { return curves_[question].rate(score); }
  PromiseState state() const { return state_; }
  std::uint64_t alarms() const { return alarm_.alarms(); }
  PromiseReport report() const;

  // Its state for promise_state.hpp, to or from bytes. Of the options the target alone.
  template <typename Archive>
  void archive(Archive& to) {
    to.real(options_.control.target, 0, 1);
    std::uint64_t count = curves_.size();
    to.count(count, kMostQuestions);
    if (count != curves_.size()) return;  // more or less than there is to read
    for (ErrorCurve& curve : curves_) curve.archive(to);
    sampling_.archive(to);
    control_.archive(to);
    estimated_.archive(to);
    proven_.archive(to);
    alarm_.archive(to);
    for (std::uint64_t* number : {&inputs_, &answered_, &drawn_, &pending_, &failed_, &last_alarm_, &since_})
      to.count(*number, std::uint64_t{1} << 53);
    auto state = static_cast<std::uint64_t>(state_);
    to.count(state, static_cast<std::uint64_t>(PromiseState::kBroken));
    state_ = static_cast<PromiseState>(state);
  }
  // Takes the place of one that has seen nothing, with what this one is promised: of one under another target what was learned alone.
  void go_on_from(LivePromise restored);

 private:
  static constexpr std::uint64_t kInputsBetweenChoices = 8;

  LivePromise(const PromiseOptions& options, std::span<const ErrorCurve::Rates> expected, ThresholdControl control,
              AuditSampling sampling, EstimatedErrors estimated, ProvenErrors proven, ErrorAlarm alarm);
  void saw(std::span<const float> scores);
  void count(const AuditedInput& input);
  void ring();
  PromiseState judged() const;

  PromiseOptions options_;
  std::vector<ErrorCurve::Rates> expected_;
  std::vector<ErrorCurve> curves_;
  ThresholdControl control_;
  AuditSampling sampling_;
  EstimatedErrors estimated_;
  ProvenErrors proven_;
  ErrorAlarm alarm_;
  std::uint64_t inputs_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t drawn_ = 0;
  std::uint64_t pending_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t last_alarm_ = 0;
  PromiseState state_ = PromiseState::kLearning;
  std::uint64_t since_ = 0;
};

}  // namespace sluice::promise
