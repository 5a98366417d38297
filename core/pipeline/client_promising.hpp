// The accuracy target is kept live: what answers an input is decided by the thresholds of a live promise (core/promise/live_promise.hpp), on one
// scale for all that answers without the full model (promise_scale.hpp). The way of an input:
//
//   asked() by each question, half_way() by routes   taken below the place's threshold, else held
//   answered()   by the full model: what was held is compared, and learned
//                by another: counted, and drawn to be audited or not
//   audits       the input stays (client_auditing.cpp) until the full model has run for it, or cannot; then the same comparisons
//
// What was compared counts from the next call of the driver on (settle()), and is in the decision log, so that a replay needs no outputs.
// Answers that nothing stands behind (stopgaps, variants of the model) are none of the promise's. Remembers of its last answers, so that
// feedback finds them, the place and the score. Allocates nothing per input once a few were under way, but for copies of outputs that are
// held. Not for use outside client_promising.cpp and client_auditing.cpp.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "core/pipeline/client_impl.hpp"
#include "core/pipeline/promise_judge.hpp"
#include "core/pipeline/promise_scale.hpp"
#include "core/promise/live_promise.hpp"

namespace sluice::pipeline {

class Client::Impl::InputPromising final : public Promising {
 public:
  InputPromising(Impl& client, PromiseScale scale, std::optional<PromiseJudge> judge);

  void set_target(float target) override;
  void asked(const Input& input, std::size_t question, Verdict& verdict) override;
  float expected_error(std::size_t question, float own_score) const override;
  float own_threshold(std::size_t question) const override;
  OnwardChoice half_way(const Attempt& attempt, const HalfWay& there) override;
  bool answered(const Input& input, const Answer& answer, bool from_model) override;
  void forget(const Input& input) override;
  void settle() override;

  void audit(std::unique_ptr<Input> input, Instant now) override;
  Input* find_audit(InputId id) override;
  Attempt* find_attempt(AttemptId id) override;
  void audit_answered(Input& input, AnswerKind kind, std::vector<OutputTensor> outputs) override;
  void audit_failed(Input& input) override;
  bool audits_wait() const override;
  Instant next_deadline() const override;
  void expire_audits(Instant now) override;
  void begin_audits(Instant now) override;
  void fail_audits() override;

  void known(std::size_t place, float score, bool wrong) override;
  void audit_known(InputId input, AuditResult result) override;
  Result<void> feedback(InputId input, bool wrong) override;
  std::optional<PromiseStanding> standing() const override;
  std::string save() const override;
  Result<void> restore(Bytes state) override;

 private:
  static constexpr std::size_t kRemembered = 256;
  static constexpr std::size_t kMostUnknown = 64;

  // What one place would answer, where that is not taken, or is to be audited.
  struct Held {
    bool is_there = false;
    std::vector<OutputTensor> outputs;
  };
  // What the promise knows of an input under way, or audited.
  struct Promised {
    InputId id = 0;
    std::array<float, promise::kMostQuestions> scores{};      // by place; NaN: not asked, or without an answer
    std::array<AnswerKind, promise::kMostQuestions> kinds{};  // of a question's answer, where it has one
    std::array<Held, promise::kMostQuestions> held;
    std::size_t by = 0;  // the place that answered
    promise::Audit draw;
  };
  struct Audited {
    std::unique_ptr<Input> input;
    std::unique_ptr<Promised> promised;
  };
  struct Comparison {
    std::size_t place = 0;
    float score = 0;
    bool wrong = false;
  };
  struct AuditEnd {
    InputId input = 0;
    AuditResult result = AuditResult::kFailed;
  };
  struct Remembered {
    InputId input = 0;  // 0: none, or told
    std::size_t place = 0;
    float score = 0;
  };

  Promised* find(InputId id);
  Promised& of(const Input& input);
  void hold(Promised& promised, std::size_t place, std::span<const OutputTensor> outputs);
  std::optional<std::size_t> place_of(const Input& input, const Answer& answer, Promised& promised) const;
  std::optional<std::size_t> place_of_halves(const Answer& answer, Promised& promised) const;
  std::optional<bool> compare(const Promised& promised, const std::vector<OutputTensor>& full);
  std::optional<std::size_t> question_of(std::size_t place) const;
  void tell_changes();

  // client_auditing.cpp
  Route* full_model_route(Instant now) const;
  void end_audit(InputId id, AuditResult result);

  Impl& client_;
  PromiseScale scale_;
  const std::optional<PromiseJudge> judge_;
  std::optional<promise::LivePromise> live_;       // nullopt: the target is 1, and the full model answers everything
  std::vector<std::unique_ptr<Promised>> inputs_;  // under way
  std::vector<std::unique_ptr<Promised>> spare_;
  std::vector<Audited> audits_;                              // the oldest first
  std::vector<std::pair<InputId, promise::Audit>> unknown_;  // audits that ended, and of which nothing was told yet
  std::vector<Comparison> comparisons_;                      // that count from the next call of the driver on
  std::vector<AuditEnd> ends_;                               // the same
  Cost audits_cost_;
  std::array<Remembered, kRemembered> remembered_{};
  std::size_t next_remembered_ = 0;
  promise::PromiseState told_state_ = promise::PromiseState::kLearning;
  std::uint64_t told_alarms_ = 0;
};

}  // namespace sluice::pipeline
