#include "core/pipeline/client_promising.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/promise/promise_state.hpp"

namespace sluice::pipeline {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

// Below a threshold, if only just: the score of an answer of which no more is known.
float just_below(float threshold) { return std::nextafter(threshold, 0.0F); }

}  // namespace

Result<void> Client::promise_with(std::optional<PromiseJudge> judge) {
  auto scale = PromiseScale::make(impl_->manifest, impl_->questions);
  if (!scale) return sluice::fail(scale.error());
  promise::PromiseOptions options = impl_->options.promise;
  options.control.target = 0;
  if (auto sound = promise::LivePromise::create(options, scale->expected()); !sound) return sluice::fail(sound.error());
  impl_->promising = std::make_unique<Impl::InputPromising>(*impl_, *std::move(scale), std::move(judge));
  impl_->set_accuracy_target(impl_->last_target);
  return {};
}

std::optional<PromiseStanding> Client::promise() const {
  return impl_->promising ? impl_->promising->standing() : std::nullopt;
}

Result<void> Client::feedback(InputId input, bool wrong, Instant now) {
  if (!impl_->promising) {
    return sluice::fail(ErrorCode::kInvalidArgument,
                        "feedback was given to a client that keeps no live promise; open it with one");
  }
  impl_->log.record(now, "feedback", {input, wrong ? 1U : 0U});
  return impl_->promising->feedback(input, wrong);
}

std::string Client::save_promise() const { return impl_->promising ? impl_->promising->save() : std::string(); }

Result<void> Client::restore_promise(Bytes state) {
  if (!impl_->promising) {
    return sluice::fail(ErrorCode::kInvalidArgument,
                        "the state of a live promise was given to a client that keeps none; open it with one");
  }
  impl_->log.record_restored(state);
  return impl_->promising->restore(state);
}

void Client::known(std::size_t place, float score, bool wrong, Instant) {
  if (!impl_->promising) return;
  impl_->log.record_known(place, score, wrong);
  impl_->promising->known(place, score, wrong);
}

void Client::audit_known(InputId input, AuditResult result, Instant) {
  if (!impl_->promising) return;
  impl_->log.record(Instant{}, "audited", {input, static_cast<std::uint64_t>(result)});
  impl_->promising->audit_known(input, result);
}

Client::Impl::InputPromising::InputPromising(Impl& client, PromiseScale scale, std::optional<PromiseJudge> judge)
    : client_(client), scale_(std::move(scale)), judge_(std::move(judge)) {}

void Client::Impl::InputPromising::set_target(float target) {
  promise::PromiseOptions options = client_.options.promise;
  options.control.target = static_cast<double>(target);
  auto live = promise::LivePromise::create(options, scale_.expected(), scale_.begins(client_.manifest, target));
  // Audits under way were drawn by the promise before; what they find is still learned.
  for (Audited& one : audits_) one.promised->draw.drawn = false;
  unknown_.clear();
  if (!live) return live_.reset();
  // What was learned under the target before is as good for this one.
  if (live_) live->go_on_from(*std::move(live_));
  live_.emplace(*std::move(live));
}

std::string Client::Impl::InputPromising::save() const {
  return live_ ? promise::save_promise(*live_, {client_.manifest.name, client_.manifest.version}) : std::string();
}

Result<void> Client::Impl::InputPromising::restore(Bytes state) {
  if (!live_) return {};  // the target is 1: nothing is learned or spent
  if (client_.last_input != 0) {
    return sluice::fail(ErrorCode::kInvalidArgument, "the state of a live promise comes before the first input");
  }
  return promise::restore_promise(state, {client_.manifest.name, client_.manifest.version}, *live_);
}

Client::Impl::InputPromising::Promised* Client::Impl::InputPromising::find(InputId id) {
  const auto found = std::ranges::find_if(inputs_, [id](const auto& one) { return one->id == id; });
  return found == inputs_.end() ? nullptr : found->get();
}

Client::Impl::InputPromising::Promised& Client::Impl::InputPromising::of(const Input& input) {
  if (Promised* known = find(input.id)) return *known;
  if (spare_.empty()) spare_.push_back(std::make_unique<Promised>());
  inputs_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  Promised& promised = *inputs_.back();
  promised.id = input.id;
  promised.scores.fill(kNone);
  for (Held& held : promised.held) held.is_there = false;
  promised.draw = {};
  return promised;
}

void Client::Impl::InputPromising::hold(Promised& promised, std::size_t place, std::span<const OutputTensor> outputs) {
  Held& held = promised.held[place];
  held.outputs.clear();
  for (const OutputTensor& output : outputs) {
    auto copy = Tensor::copy_of(output.tensor.view());
    if (!copy) return;  // nothing is compared then
    held.outputs.push_back({output.name, *std::move(copy)});
  }
  held.is_there = true;
}

void Client::Impl::InputPromising::asked(const Input& input, std::size_t question, Verdict& verdict) {
  verdict.threshold = own_threshold(question);
  if (!verdict.kind) return;
  const float score = scale_.score(question, verdict.score);
  Promised& promised = of(input);
  promised.scores[question] = score;
  promised.kinds[question] = *verdict.kind;
  if (live_ && score < live_->threshold(question)) {
    // Allowed; where answers are chosen it may not be taken all the same.
    if (client_.placing && client_.placing->chooses()) hold(promised, question, verdict.outputs);
    return;
  }
  promised.held[question].outputs = std::move(verdict.outputs);
  promised.held[question].is_there = true;
  verdict.outputs.clear();
  verdict.kind.reset();
}

float Client::Impl::InputPromising::expected_error(std::size_t question, float own_score) const {
  return live_ ? static_cast<float>(live_->expected_error(question, scale_.score(question, own_score))) : 0;
}

float Client::Impl::InputPromising::own_threshold(std::size_t question) const {
  return live_ ? scale_.own_score(question, live_->threshold(question)) : 0;
}

OnwardChoice Client::Impl::InputPromising::half_way(const Attempt& attempt, const HalfWay& there) {
  const auto place = scale_.place_of(there.kind);
  if (!place || !live_) return {.way = Onward::kGoOn};
  Promised& promised = of(*client_.inputs.find(attempt.input));
  const float score = scale_.score(there);
  const float threshold = live_->threshold(*place);
  promised.scores[*place] = score;
  if (score < threshold) return {.way = Onward::kAnswer};
  if (there.kind != adapt::AnswerKind::kSplit) return {.way = Onward::kGoOn};
  // As few channels as will do; where none will, the input goes whole.
  for (const SplitPoint& point : scale_.split_points()) {
    if (scale_.score_of_channels(point.channels) < threshold) return {.way = Onward::kGoOn, .channels = point.channels};
  }
  return {.way = Onward::kLeave};
}

// Of what answered: a question here, one at the server, an exit, the halves.
std::optional<std::size_t> Client::Impl::InputPromising::place_of(const Input& input, const Answer& answer,
                                                                  Promised& promised) const {
  if (answer.kind == AnswerKind::kExited) return scale_.exits();
  if (answer.kind == AnswerKind::kSplit) return place_of_halves(answer, promised);
  for (std::size_t i = 0; answer.cost.bytes_up == 0 && i < client_.questions.size(); ++i) {
    if (!std::isnan(promised.scores[i]) && promised.kinds[i] == answer.kind) return i;
  }
  for (std::size_t i = 0; i < client_.questions.size(); ++i) {
    if ((input.passed_by >> i & 1U) == 0 || client_.questions[i]->shared_key(input.id).embedding.empty()) continue;
    promised.scores[i] = just_below(live_->threshold(i));
    return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> Client::Impl::InputPromising::place_of_halves(const Answer& answer,
                                                                         Promised& promised) const {
  // Behind the cut of a model with exits one of those answered, at the server.
  const auto place = scale_.halves() ? scale_.halves() : scale_.exits();
  if (!place) return std::nullopt;
  if (scale_.halves()) {
    const std::int32_t sent = channels_of(answer.outputs).value_or(0);
    if (sent > 0) promised.scores[*place] = scale_.score_of_channels(static_cast<std::uint32_t>(sent));
  } else {
    promised.scores[*place] = just_below(live_->threshold(*place));
  }
  return place;
}

bool Client::Impl::InputPromising::answered(const Input& input, const Answer& answer, bool from_model) {
  if (!live_) return false;
  Promised& promised = of(input);
  // Behind a cut, what no exit was sure of came to the model's end.
  const bool behind_cut = answer.kind == AnswerKind::kSplit && !answer.stopgap && answer.outputs.size() == 1;
  if (from_model || behind_cut) {
    live_->passed(promised.scores);
    static_cast<void>(compare(promised, answer.outputs));
    return false;
  }
  if (answer.stopgap || !answer.variant.empty()) return false;
  const auto by = place_of(input, answer, promised);
  if (!by) return false;
  promised.by = *by;
  promised.draw = live_->answered(std::span(promised.scores).first(*by + 1));
  remembered_[next_remembered_] = {input.id, *by, promised.scores[*by]};
  next_remembered_ = (next_remembered_ + 1) % kRemembered;
  if (!promised.draw.drawn) return false;
  if (audits_.size() >= client_.options.max_waiting_audits || client_.stopped) {
    static_cast<void>(live_->audit_failed(promised.draw));
    return false;
  }
  hold(promised, *by, answer.outputs);
  return true;
}

std::optional<std::size_t> Client::Impl::InputPromising::question_of(std::size_t place) const {
  return place < client_.questions.size() ? std::optional(place) : std::nullopt;
}

// What was held, against what the full model says. Whether the place that answered was wrong; nullopt: that cannot be told.
std::optional<bool> Client::Impl::InputPromising::compare(const Promised& promised,
                                                          const std::vector<OutputTensor>& full) {
  std::optional<bool> answer_wrong;
  if (!judge_) return answer_wrong;
  for (std::size_t place = 0; place < scale_.places(); ++place) {
    const Held& held = promised.held[place];
    if (!held.is_there || std::isnan(promised.scores[place])) continue;
    const auto right = judge_->is_right(question_of(place), held.outputs, full);
    if (!right) continue;
    comparisons_.push_back({place, promised.scores[place], !*right});
    if (place == promised.by) answer_wrong = !*right;
  }
  return answer_wrong;
}

void Client::Impl::InputPromising::forget(const Input& input) {
  const auto found = std::ranges::find_if(inputs_, [&](const auto& one) { return one->id == input.id; });
  if (found == inputs_.end()) return;
  spare_.push_back(std::move(*found));
  inputs_.erase(found);
}

void Client::Impl::InputPromising::settle() {
  for (const Comparison& one : comparisons_) {
    client_.log.record_known(one.place, one.score, one.wrong);
    known(one.place, one.score, one.wrong);
  }
  comparisons_.clear();
  for (const AuditEnd& one : ends_) {
    client_.log.record(Instant{}, "audited", {one.input, static_cast<std::uint64_t>(one.result)});
    audit_known(one.input, one.result);
  }
  ends_.clear();
  tell_changes();
}

void Client::Impl::InputPromising::tell_changes() {
  if (!live_ || (live_->state() == told_state_ && live_->alarms() == told_alarms_)) return;
  told_state_ = live_->state();
  told_alarms_ = live_->alarms();
  client_.events.push(PromiseChanged{told_state_, told_alarms_});
}

void Client::Impl::InputPromising::known(std::size_t place, float score, bool wrong) {
  if (live_ && place < scale_.places()) live_->learned(place, score, wrong);
}

Result<void> Client::Impl::InputPromising::feedback(InputId input, bool wrong) {
  const auto found = std::ranges::find_if(remembered_, [&](const Remembered& one) { return one.input == input; });
  if (input == 0 || found == remembered_.end()) {
    return sluice::fail(ErrorCode::kNotFound,
                        {"input ", input, " is not among the last ", kRemembered,
                         " that were answered without the full model, or feedback was given on it before"});
  }
  known(found->place, found->score, wrong);
  found->input = 0;
  return {};
}

std::optional<PromiseStanding> Client::Impl::InputPromising::standing() const {
  if (!live_) return std::nullopt;
  PromiseStanding standing;
  standing.report = live_->report();
  standing.audits = audits_cost_;
  standing.place_count = scale_.places();
  for (std::size_t place = 0; place < scale_.places(); ++place) {
    const auto question = question_of(place);
    standing.places[place] = {question                  ? client_.questions[place]->name()
                              : scale_.exits() == place ? "exits"
                                                        : "halves",
                              question ? own_threshold(place) : live_->threshold(place)};
  }
  return standing;
}

}  // namespace sluice::pipeline
