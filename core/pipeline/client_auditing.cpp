// Audits: an input has its answer, and the full model runs for it as well, when nobody's input waits and there is room. One at a time.
#include <algorithm>
#include <utility>

#include "core/pipeline/client_promising.hpp"

namespace sluice::pipeline {

void Client::Impl::InputPromising::audit(std::unique_ptr<Input> input, Instant now) {
  const auto found = std::ranges::find_if(inputs_, [&](const auto& one) { return one->id == input->id; });
  input->audit = true;
  input->offered = now;
  input->deadline = now + std::chrono::milliseconds(client_.options.audit_budget_ms);
  input->kept.reset();
  input->variant.clear();
  input->stopgap = false;
  input->cost = Cost{};
  audits_.push_back({std::move(input), std::move(*found)});
  inputs_.erase(found);
}

Input* Client::Impl::InputPromising::find_audit(InputId id) {
  const auto found = std::ranges::find_if(audits_, [id](const Audited& one) { return one.input->id == id; });
  return found == audits_.end() ? nullptr : found->input.get();
}

Attempt* Client::Impl::InputPromising::find_attempt(AttemptId id) {
  if (id == 0) return nullptr;
  const auto found =
      std::ranges::find_if(audits_, [id](const Audited& one) { return one.input->attempts[0].id == id; });
  return found == audits_.end() ? nullptr : found->input->attempts.data();
}

bool Client::Impl::InputPromising::audits_wait() const {
  return std::ranges::any_of(audits_, [](const Audited& one) { return one.input->waiting(); });
}

Instant Client::Impl::InputPromising::next_deadline() const {
  return audits_.empty() ? kNever : audits_.front().input->deadline;
}

void Client::Impl::InputPromising::expire_audits(Instant now) {
  while (!audits_.empty() && audits_.front().input->deadline <= now) audit_failed(*audits_.front().input);
}

void Client::Impl::InputPromising::fail_audits() {
  while (!audits_.empty()) audit_failed(*audits_.front().input);
}

// A slot at the server stays free for the next input that matters.
Route* Client::Impl::InputPromising::full_model_route(Instant now) const {
  for (const auto& route : client_.routes) {
    if (!route->runs_full_model() || route->runs_beside() || !route->available(now) || route->fills_in(now)) continue;
    if (!route->has_room(now)) return nullptr;
    const bool takes_the_last = route.get() == client_.remote && client_.remote->under_way() != 0 &&
                                client_.remote->under_way() + 1 >= client_.options.max_in_flight;
    return takes_the_last ? nullptr : route.get();
  }
  return nullptr;
}

void Client::Impl::InputPromising::begin_audits(Instant now) {
  if (client_.stopped || audits_.empty() || client_.inputs.waiting() != 0) return;
  if (std::ranges::any_of(audits_, [](const Audited& one) { return !one.input->waiting(); })) return;
  Input& input = *audits_.front().input;
  Route* const route = full_model_route(now);
  if (route == nullptr) return;
  Attempt& attempt = input.attempts[0];
  attempt = Attempt{++client_.last_attempt, input.id, route, 0, now, {}, {}};
  route->begin(attempt, now);
}

void Client::Impl::InputPromising::audit_answered(Input& input, AnswerKind kind, std::vector<OutputTensor> outputs) {
  const bool full = (kind == AnswerKind::kRemote && input.variant.empty()) || kind == AnswerKind::kLocal;
  if (!full) return audit_failed(input);
  const auto found = std::ranges::find_if(audits_, [&](const Audited& one) { return one.input.get() == &input; });
  const auto wrong = compare(*found->promised, outputs);
  if (judge_ && !wrong) return audit_failed(input);
  Answer answer;
  answer.input = input.id;
  answer.kind = kind;
  answer.outputs = std::move(outputs);
  answer.cost = input.cost;
  // What the full model said is what questions learn from.
  for (std::size_t i = 0; i < client_.questions.size(); ++i) {
    if ((input.passed_by >> i & 1U) != 0) client_.questions[i]->learn(answer, client_.now_of_call);
  }
  const promise::Audit draw = found->promised->draw;
  if (draw.drawn) {
    if (unknown_.size() == kMostUnknown) {
      static_cast<void>(live_->audit_failed(unknown_.front().second));
      unknown_.erase(unknown_.begin());
    }
    unknown_.emplace_back(input.id, draw);
    if (wrong) ends_.push_back({input.id, *wrong ? AuditResult::kWrong : AuditResult::kRight});
  }
  end_audit(input.id, wrong.value_or(false) ? AuditResult::kWrong : AuditResult::kRight);
}

void Client::Impl::InputPromising::audit_failed(Input& input) {
  const auto found = std::ranges::find_if(audits_, [&](const Audited& one) { return one.input.get() == &input; });
  if (live_ && found->promised->draw.drawn) static_cast<void>(live_->audit_failed(found->promised->draw));
  end_audit(input.id, AuditResult::kFailed);
}

void Client::Impl::InputPromising::end_audit(InputId id, AuditResult result) {
  const auto found = std::ranges::find_if(audits_, [id](const Audited& one) { return one.input->id == id; });
  for (Attempt& attempt : found->input->attempts) client_.end_attempt(attempt);
  Audited ended = std::move(*found);
  audits_.erase(found);
  for (std::size_t i = 0; i < client_.questions.size(); ++i) {
    if ((ended.input->passed_by >> i & 1U) != 0) client_.questions[i]->forget(id);
  }
  audits_cost_ += ended.input->cost;
  client_.events.push(AuditEnded{id, result, ended.input->cost});
  spare_.push_back(std::move(ended.promised));
  client_.inputs.give_back(std::move(ended.input));
}

void Client::Impl::InputPromising::audit_known(InputId input, AuditResult result) {
  const auto found = std::ranges::find(unknown_, input, &std::pair<InputId, promise::Audit>::first);
  if (found == unknown_.end()) return;
  const promise::Audit draw = found->second;
  unknown_.erase(found);
  if (!live_) return;
  static_cast<void>(result == AuditResult::kFailed ? live_->audit_failed(draw)
                                                   : live_->audit_came(draw, result == AuditResult::kWrong));
}

}  // namespace sluice::pipeline
