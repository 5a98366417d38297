#include "core/promise/live_promise.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sluice::promise {
namespace {

// Before so many audits have come, nothing is said of whether the promise is kept.
constexpr std::uint64_t kAuditsToJudge = 10;
constexpr double kRoom = 0.9;  // of what is allowed

}  // namespace

std::string_view promise_state_name(PromiseState state) {
  switch (state) {
    case PromiseState::kLearning: return "learning";
    case PromiseState::kKept: return "kept";
    case PromiseState::kTight: return "tight";
    case PromiseState::kBroken: return "broken";
  }
  return "unknown";
}

Result<LivePromise> LivePromise::create(const PromiseOptions& options, std::span<const ErrorCurve::Rates> expected,
                                        std::span<const float> begins) {
  if (expected.empty() || expected.size() > kMostQuestions) {
    return fail(ErrorCode::kInvalidArgument,
                {"a promise about ", expected.size(), " questions; there are to be 1 to ", kMostQuestions});
  }
  for (const ErrorCurve::Rates& rates : expected) {
    if (const auto curve = ErrorCurve::create(options.curves, rates); !curve) return fail(curve.error());
  }
  const auto control = ThresholdControl::create(options.control, begins);
  if (!control) return fail(control.error());
  const auto sampling = AuditSampling::create(options.audits);
  if (!sampling) return fail(sampling.error());
  const auto estimated = EstimatedErrors::create(options.estimate);
  if (!estimated) return fail(estimated.error());
  const auto proven = ProvenErrors::create(options.confidence);
  if (!proven) return fail(proven.error());
  const auto alarm = ErrorAlarm::create({options.control.target, options.inputs_between_false});
  if (!alarm) return fail(alarm.error());
  return LivePromise(options, expected, *control, *sampling, *estimated, *proven, *alarm);
}

LivePromise::LivePromise(const PromiseOptions& options, std::span<const ErrorCurve::Rates> expected,
                         ThresholdControl control, AuditSampling sampling, EstimatedErrors estimated,
                         ProvenErrors proven, ErrorAlarm alarm)
    : options_(options),
      expected_(expected.begin(), expected.end()),
      control_(control),
      sampling_(sampling),
      estimated_(estimated),
      proven_(proven),
      alarm_(alarm) {
  for (const ErrorCurve::Rates& rates : expected_) curves_.push_back(*ErrorCurve::create(options_.curves, rates));
}

void LivePromise::saw(std::span<const float> scores) {
  ++inputs_;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    if (i < scores.size() && !std::isnan(scores[i])) {
      curves_[i].saw(scores[i]);
    } else {
      curves_[i].was_not_asked();
    }
  }
}

Audit LivePromise::answered(std::span<const float> scores) {
  const std::size_t question = std::min(scores.size(), curves_.size()) - 1;
  saw(scores);
  const double expected = curves_[question].rate(scores[question]);
  const AuditDraw draw = sampling_.draw(expected);
  const Audit audit{++answered_, draw.probability, expected, draw.audited};
  if (audit.drawn) {
    ++drawn_;
    ++pending_;
  } else {
    count({.audit_probability = audit.probability, .expected = audit.expected});
  }
  return audit;
}

void LivePromise::passed(std::span<const float> scores) {
  saw(scores);
  count({.by_full_model = true});
}

void LivePromise::learned(std::size_t question, float score, bool wrong) {
  if (question < curves_.size()) curves_[question].learned(score, wrong);
}

Result<void> LivePromise::audit_came(const Audit& audit, bool wrong) {
  const AuditedInput input{
      .audit_probability = audit.probability, .expected = audit.expected, .audited = true, .wrong = wrong};
  if (!audit.drawn || pending_ == 0 || !is_valid(input)) {
    return fail(ErrorCode::kInvalidArgument, {"answer ", audit.input, " waits for no audit"});
  }
  --pending_;
  count(input);
  return {};
}

Result<void> LivePromise::audit_failed(const Audit& audit) {
  const AuditedInput input{.audit_probability = audit.probability, .expected = audit.expected};
  if (!audit.drawn || pending_ == 0 || !is_valid(input)) {
    return fail(ErrorCode::kInvalidArgument, {"answer ", audit.input, " waits for no audit"});
  }
  --pending_;
  ++failed_;
  // As if it had not been drawn; what is proven takes it for wrong (report()).
  if (auto counted = estimated_.count(input); !counted) return counted;
  return {};
}

void LivePromise::count(const AuditedInput& input) {
  // The numbers are the class's own, so that none is refused.
  static_cast<void>(estimated_.count(input));
  static_cast<void>(proven_.count(input));
  if (const auto rang = alarm_.count(input); rang && *rang) ring();
  if (inputs_ % kInputsBetweenChoices == 0) {
    for (ErrorCurve& curve : curves_) curve.smooth();
    control_.choose(curves_, estimated_);
  }
  if (const PromiseState now = judged(); now != state_) {
    state_ = now;
    since_ = inputs_;
  }
}

// Back to what the bundle leads to expect.
void LivePromise::ring() {
  last_alarm_ = inputs_;
  sampling_.changed();
  for (std::size_t i = 0; i < curves_.size(); ++i) curves_[i] = *ErrorCurve::create(options_.curves, expected_[i]);
  control_.choose(curves_, estimated_);
}

PromiseState LivePromise::judged() const {
  const ErrorEstimate whole = estimated_.whole();
  const double allowed = 1 - options_.control.target;
  if (estimated_.audits() < kAuditsToJudge && answered_ != 0) return PromiseState::kLearning;
  if (whole.rate() > allowed) return PromiseState::kBroken;
  // From tight back to kept with some room, so that it does not say both by turns.
  const double upper = whole.upper_rate(options_.control.deviations);
  const bool tight = upper > (state_ == PromiseState::kTight ? kRoom * allowed : allowed);
  return tight ? PromiseState::kTight : PromiseState::kKept;
}

void LivePromise::go_on_from(LivePromise restored) {
  curves_ = std::move(restored.curves_);
  sampling_ = restored.sampling_;
  if (restored.options_.control.target != options_.control.target) {
    control_.choose(curves_, estimated_);
    return;
  }
  // Of audits that were under way nothing will come.
  restored.failed_ += std::exchange(restored.pending_, 0);
  control_ = restored.control_;
  estimated_ = restored.estimated_;
  proven_ = restored.proven_;
  alarm_ = restored.alarm_;
  inputs_ = restored.inputs_;
  answered_ = restored.answered_;
  drawn_ = restored.drawn_;
  pending_ = restored.pending_;
  failed_ = restored.failed_;
  last_alarm_ = restored.last_alarm_;
  state_ = restored.state_;
  since_ = restored.since_;
}

PromiseReport LivePromise::report() const {
  PromiseReport made;
  made.target = options_.control.target;
  made.inputs = inputs_;
  made.answered = answered_;
  made.audits = drawn_;
  made.pending = pending_;
  made.found = estimated_.found();
  made.allowed_errors = (1 - options_.control.target) * static_cast<double>(inputs_);
  made.whole = estimated_.whole();
  made.recent = estimated_.recent();
  made.proven = proven_.errors();
  made.proven.most += pending_ + failed_;
  made.confidence = options_.confidence;
  made.alarm_nearness = alarm_.nearness();
  made.alarms = alarm_.alarms();
  made.last_alarm = last_alarm_;
  made.state = state_;
  made.since = since_;
  return made;
}

}  // namespace sluice::promise
