#include "core/pipeline/answer_chooser.hpp"

#include <algorithm>
#include <cmath>

#include "core/pipeline/decision_guess.hpp"
#include "core/pipeline/remote_route.hpp"

namespace sluice::pipeline {
namespace {

using adapt::AnswerOption;
using adapt::TimeEstimate;

constexpr double kLateAtMost = 0.5;  // what is likelier late than not is not begun, however few were late so far
constexpr double kRarely = 0.05;     // what happens no more often is beyond the high quantile
// What is known of a way that no input took for so long is tried again, where it is not much dearer than the best: a bad moment, or a
// busy one, is not held against it for good.
constexpr std::uint64_t kTriedAgainAfter = 150;
constexpr double kWorthTrying = 2;
constexpr std::uint32_t kTries = 3;  // of a way whose end is not known from its beginning
// Of the mean of those that went on: the latest counts so much at least.
constexpr double kOfTheLatestOnwards = 0.05;
// To begin with, of the model's time here.
constexpr double kExitsShare = 0.6;
constexpr double kStagesShare = 0.3;
constexpr double kStagesSent = 0.7;

double share_of(float value, double otherwise) {
  return value >= 0 && value <= 1 ? static_cast<double>(value) : otherwise;
}

adapt::ErrorPrice price_of(double target) {
  return *adapt::ErrorPrice::create({.target = std::clamp(target, 0.0, 1.0)});
}

bool are_amounts(const adapt::CostWeights& weights) {
  const auto is_one = [](double value) { return std::isfinite(value) && value >= 0; };
  return is_one(weights.per_device_cost) && is_one(weights.per_kilobyte) && is_one(weights.per_server_ms);
}

double error_at(const std::vector<ExitPoint>& points, double allowed) {
  for (const ExitPoint& point : points) {
    if (1 - static_cast<double>(point.target) <= allowed) return 1 - static_cast<double>(point.target);
  }
  return points.empty() ? 1 : 1 - static_cast<double>(points.back().target);
}

double work_ms(const Cost& cost) { return milliseconds_in(cost.server_decode + cost.server_compute); }

void move_to(double& mean, double value, double inputs) {
  mean += std::max(kOfTheLatestOnwards, 1 / inputs) * (value - mean);
}

bool is_of_model(adapt::AnswerKind kind) {
  using enum adapt::AnswerKind;
  return kind == kSendSmall || kind == kSendWhole || kind == kSendFile || kind == kRunHere;
}

}  // namespace

AnswerChooser::AnswerChooser(const Manifest& manifest, const ClientOptions& options)
    : predictor_(manifest),
      weights_(are_amounts(options.weights) ? options.weights : adapt::kUsualWeights),
      kept_in_time_(options.kept_in_time),
      price_(price_of(static_cast<double>(manifest.default_target))),
      lateness_(price_of(share_of(kept_in_time_, 0.95))) {
  for (const AskedQuestion& asked : manifest.questions) scores_.emplace_back(asked.spec->points());
  if (manifest.exits) {
    const ExitsSpec& spec = *manifest.exits;
    places_ = spec.places.size();
    exits_.emplace(spec.rule, spec.points, places_);
    here_.resize(places_ + 1);
    if (spec.cut) {
      cut_.emplace(spec.rule, spec.cut->points, places_);
      stages_.resize(spec.cut->place + std::size_t{2});
      cut_points_ = spec.cut->points;
    }
  }
  if (manifest.split) {
    for (const SplitPoint& point : manifest.split->points)
      channels_.emplace_back(point.channels, 1 - static_cast<double>(point.target));
    channel_bytes_.resize(channels_.size());
    if (!channels_.empty()) guess_error_ = channels_.front().first == 0 ? channels_.front().second : 0.5;
  }
  set_target(manifest.default_target);
}

void AnswerChooser::set_target(float target) {
  target_error_ = 1 - std::clamp(share_of(target, 1), 0.0, 1.0);
  price_ = price_of(1 - target_error_);
  cut_error_ = error_at(cut_points_, target_error_);
}

HeldAnswer AnswerChooser::held(std::size_t question, AnswerKind kind, float score) const {
  const auto as = kind == AnswerKind::kSkipped ? adapt::AnswerKind::kSkip : adapt::AnswerKind::kReuse;
  return {as, question < scores_.size() ? scores_[question].at(score) : 1};
}

double AnswerChooser::corrected(adapt::AnswerKind kind, double error) const {
  return corrections_[static_cast<std::size_t>(kind)].corrected(error);
}

void AnswerChooser::compared(adapt::AnswerKind kind, double expected, bool wrong) {
  if (static_cast<std::size_t>(kind) < adapt::kAnswerKinds)
    corrections_[static_cast<std::size_t>(kind)].observe(expected, wrong);
}

void AnswerChooser::Options::add(const AnswerOption& answer, const Option& option) {
  if (count == answers.size()) return;
  answers[count] = answer;
  list[count] = option;
  list[count].choice.kind = answer.kind;
  list[count].choice.bytes = static_cast<std::uint64_t>(std::clamp(answer.bytes, 0.0, 1e12));
  answers[count].full_model = is_of_model(answer.kind);
  ++count;
}

AnswerChooser::Onwards* AnswerChooser::onwards_of(Form form, std::size_t from) {
  auto& list = form == Form::kStages ? stages_ : here_;
  const bool any = form == Form::kStages || form == Form::kHere;
  return any && from < list.size() ? &list[from] : nullptr;
}

// What is not known yet follows from what is promised, and from how much of the model is left.
AnswerChooser::Onwards AnswerChooser::onwards_from(Form form, std::size_t from) const {
  const auto& list = form == Form::kStages ? stages_ : here_;
  if (from < list.size() && list[from].inputs > 0) return list[from];
  const double left = 1 - static_cast<double>(from) / static_cast<double>(std::max<std::size_t>(list.size(), 1));
  const double whole_ms = predictor_.here().mean_ms;
  Onwards guess;
  guess.device_ms = whole_ms * left * (form == Form::kStages ? kStagesShare : kExitsShare);
  guess.high_device_ms = whole_ms * left;
  guess.sent_share = form == Form::kStages ? kStagesSent : 0;
  guess.error = form == Form::kStages ? cut_error_ : target_error_;
  if (!list.empty() && list[0].inputs > 0) {
    guess.device_ms = list[0].device_ms * left;
    guess.sent_share = list[0].sent_share;
    guess.error = list[0].error;
  }
  return guess;
}

// What flow control would not send, since requests that were given up have shown the link to be thinner, is late: nothing that is sent comes
// back to tell how late.
adapt::RouteStages AnswerChooser::stages_of(const PlacedInput& input, const FormWay& way, const RemoteRoute* remote,
                                            Instant now) const {
  adapt::RouteStages stages = predictor_.stages_of(input, way, remote, now);
  if (way.setting.form == Form::kHere || remote->carries(stages.bytes, input.deadline, now)) return stages;
  const double left_ms = std::max(milliseconds_in(input.deadline - now), 0.0);
  stages.transfer.mean_ms = std::max(stages.transfer.mean_ms, left_ms);
  stages.transfer.p95_ms = std::max(stages.transfer.p95_ms, stages.transfer.mean_ms);
  return stages;
}

void AnswerChooser::add_held(std::span<const HeldAnswer> held, Options& options) const {
  for (const HeldAnswer& one : held)
    options.add({.kind = one.kind, .error = corrected(one.kind, one.error)}, {.choice = {.setting = {Form::kHere}}});
}

void AnswerChooser::add_ways(const PlacedInput& input, std::span<Route* const> routes, const RemoteRoute* remote,
                             Instant now, Options& options) const {
  const FormWays ways = predictor_.ways(input, routes, remote, now, true);
  for (const FormWay& way : ways.all()) {
    const Form form = way.setting.form;
    if (form == Form::kFeatures) {
      add_features(input, way, remote, now, options);
      continue;
    }
    if (form == Form::kStages || way.route->asks_half_way()) {
      add_onwards(input, way, onwards_from(form, 0), remote, now, false, options);
      if (form == Form::kStages) continue;
    }
    const adapt::RouteStages stages = stages_of(input, way, remote, now);
    AnswerOption answer{.kind = kind_of(form)};
    answer.time = adapt::in_sequence({stages.device, stages.transfer, stages.server});
    answer.bytes = form == Form::kHere ? 0 : way.bytes;
    answer.device_cost = form == Form::kFile ? 0 : predictor_.device_ms(form, input);
    answer.server_ms = form == Form::kHere ? 0 : predictor_.server_work_ms(form);
    options.add(answer, {.choice = {.route = way.route, .setting = way.setting}, .is_tried = way.is_tried});
  }
}

// The guess alone, and each number of channels that the bundle was calibrated with.
void AnswerChooser::add_features(const PlacedInput& input, FormWay way, const RemoteRoute* remote, Instant now,
                                 Options& options) const {
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const auto& [channels, error] = channels_[i];
    way.setting.channels = channels;
    if (channel_bytes_[i] > 0) way.bytes = channel_bytes_[i];
    const adapt::RouteStages stages = stages_of(input, way, remote, now);
    AnswerOption answer{.kind = adapt::AnswerKind::kSplit, .setting = channels};
    answer.time = channels == 0 ? stages.device : adapt::in_sequence({stages.device, stages.transfer, stages.server});
    answer.bytes = channels == 0 ? 0 : way.bytes;
    answer.device_cost = predictor_.device_ms(Form::kFeatures, input);
    answer.server_ms = channels == 0 ? 0 : predictor_.server_work_ms(Form::kFeatures);
    answer.error = corrected(answer.kind, error);
    options.add(answer, {.choice = {.route = way.route, .setting = way.setting}, .is_tried = way.is_tried});
  }
}

// By stages, from the start or from behind an exit: whichever exit is sure enough then, the model's end, or the server behind the cut.
void AnswerChooser::add_onwards(const PlacedInput& input, const FormWay& way, const Onwards& onwards,
                                const RemoteRoute* remote, Instant now, bool goes_on, Options& options) const {
  const bool stages = way.setting.form == Form::kStages;
  AnswerOption answer{.kind = stages ? adapt::AnswerKind::kSplit : adapt::AnswerKind::kExit};
  const double waits_ms = goes_on ? 0 : milliseconds_in(way.wait);
  answer.device_cost = onwards.device_ms;
  answer.time = {waits_ms + onwards.device_ms, waits_ms + std::max(onwards.high_device_ms, onwards.device_ms)};
  answer.error = corrected(answer.kind, onwards.error);
  if (stages && onwards.sent_share > 0) {
    FormWay sent = way;
    if (onwards.bytes > 0) sent.bytes = onwards.bytes;
    const adapt::RouteStages there = stages_of(input, sent, remote, now);
    const TimeEstimate away = adapt::in_sequence({there.transfer, there.server});
    const TimeEstimate whole = adapt::in_sequence({answer.time, away});
    answer.time.mean_ms += onwards.sent_share * away.mean_ms;
    answer.time.p95_ms =
        std::max(answer.time.mean_ms, onwards.sent_share > kRarely ? whole.p95_ms : answer.time.p95_ms);
    answer.bytes = onwards.sent_share * sent.bytes;
    answer.server_ms =
        onwards.sent_share * (onwards.server_ms > 0 ? onwards.server_ms : predictor_.server_work_ms(Form::kStages));
  }
  options.add(answer, {.choice = {.route = way.route, .setting = way.setting},
                       .goes_on = goes_on,
                       .is_tried = goes_on || tries_[static_cast<std::size_t>(way.setting.form)] >= kTries});
}

// What there is, and what the route would go on to.
void AnswerChooser::add_half(const PlacedInput& input, Route& on, const HalfWay& there, Duration spent,
                             const RemoteRoute* remote, Instant now, ChosenInput& state, Options& options) {
  Route* const route = &on;
  FormWay way;
  way.route = route;
  way.setting.form = on.form();
  const FormWays ways = predictor_.ways(input, {&route, 1}, remote, now, true);
  for (const FormWay& one : ways.all()) way = one;
  way.wait = Duration{0};
  const bool guessed = there.kind == adapt::AnswerKind::kSplit;
  const double sureness = guessed ? static_cast<double>(guess_sureness(there.logits)) / 1e4 : 0;
  const ExitErrors* const exits = on.form() == Form::kStages && cut_ ? &*cut_ : exits_ ? &*exits_ : nullptr;
  state.at_hand_raw = guessed ? guesses_.at(guess_error_, sureness)
                      : exits ? exits->at(there.place, there.confidence)
                              : 1;
  state.at_hand = corrected(there.kind, state.at_hand_raw);
  options.add({.kind = there.kind, .setting = guessed ? 0 : there.place + 1, .error = state.at_hand},
              {.choice = {.setting = {on.form()}}});
  const auto add_sent = [&](std::uint32_t channels, double error) {
    way.setting.channels = channels;
    const adapt::RouteStages stages = stages_of(input, way, remote, now);
    AnswerOption answer{.kind = adapt::AnswerKind::kSplit, .setting = channels};
    answer.time = adapt::in_sequence({stages.transfer, stages.server});
    answer.bytes = way.bytes;
    answer.server_ms = predictor_.server_work_ms(on.form());
    answer.error = corrected(answer.kind, error);
    options.add(answer, {.choice = {.route = route, .setting = way.setting},
                         .goes_on = true,
                         .is_tried = predictor_.knows_server_work(on.form())});
  };
  if (guessed) {
    predictor_.ran_here(Form::kFeatures, spent);
    guesses_.saw(sureness);
    const bool served = remote != nullptr && remote->available(now);
    for (std::size_t i = 0; served && i < channels_.size(); ++i) {
      const auto& [channels, error] = channels_[i];
      if (channels == 0 || channels > there.ends.size()) continue;
      way.bytes = static_cast<double>(std::max(there.ends[channels - 1], 0));
      channel_bytes_[i] += (channel_bytes_[i] == 0 ? 1 : kOfTheLatestOnwards) * (way.bytes - channel_bytes_[i]);
      add_sent(channels, guesses_.at(error, sureness));
    }
    return;
  }
  if (state.visit_count < state.visits.size())
    state.visits[state.visit_count++] = {there.place, milliseconds_in(spent)};
  if (there.sends) {
    if (remote != nullptr && remote->available(now)) add_sent(0, cut_error_);
    return;
  }
  add_onwards(input, way, onwards_from(on.form(), there.place + std::size_t{1}), remote, now, true, options);
  if (on.form() == Form::kStages) return;
  const double left_ms = std::max(predictor_.here().mean_ms - milliseconds_in(spent), 0.0);
  options.add({.kind = adapt::AnswerKind::kRunHere, .time = {left_ms, left_ms}, .device_cost = left_ms},
              {.choice = {.route = route, .setting = way.setting}, .goes_on = true});
}

// Of ways from the start only: half-way what there is decides.
bool AnswerChooser::is_stale(const Option& option) const {
  const auto form = static_cast<std::size_t>(option.choice.setting.form);
  return option.choice.route != nullptr && !option.goes_on && inputs_ > begun_at_[form] + kTriedAgainAfter;
}

void AnswerChooser::reserve(ChosenInput& state, double error) {
  state.counted = true;
  state.expected = error;
  pending_errors_ += error;
}

void AnswerChooser::settle(ChosenInput& state) {
  if (state.counted) pending_errors_ = std::max(pending_errors_ - state.expected, 0.0);
  state.counted = false;
}

// Which of them is taken, written down, its error reserved.
std::optional<std::size_t> AnswerChooser::take(const PlacedInput& input, Instant now, const Options& options,
                                               ChosenInput& state, PlacementRecord& record) {
  if (options.count == 0) return std::nullopt;
  const bool is_first = !state.counted;
  settle(state);
  const adapt::ChoiceLimits limits{.weights = weights_,
                                   .deadline_ms = milliseconds_in(input.deadline - now),
                                   .late_at_most = std::min(lateness_.error_at_most(), kLateAtMost),
                                   .price_per_late = lateness_.price(),
                                   .price_per_error = price_.price(),
                                   .error_at_most = std::max(price_.error_at_most() - pending_errors_, 0.0)};
  const auto choice = adapt::choose(std::span(options.answers).first(options.count), limits);
  if (!choice) return std::nullopt;
  if (is_first) {
    ++inputs_;
    price_.saw(choice->full_model_cost);
    lateness_.saw(choice->full_model_cost);
  }
  const auto worth = [&](const adapt::ConsideredAnswer& one) { return one.cost + limits.price_per_error * one.error; };
  const double worth_trying = kWorthTrying * worth(choice->answer());
  std::size_t taken = choice->taken;
  for (std::size_t i = 0; i < options.count; ++i) {
    const adapt::ConsideredAnswer& one = choice->considered[i];
    const Option& option = options.list[i];
    if (!one.usable || !one.in_time || !one.allowed || choice->answer().cost == 0) continue;
    if (option.is_tried && !(is_stale(option) && worth(one) <= worth_trying)) continue;
    taken = i;
    break;
  }
  record.taken = static_cast<std::uint32_t>(taken);
  record.count = static_cast<std::uint32_t>(options.count);
  record.guarded = choice->guarded;
  record.price_per_error = static_cast<float>(limits.price_per_error);
  for (std::size_t i = 0; i < options.count; ++i) {
    const adapt::ConsideredAnswer& one = choice->considered[i];
    record.considered[i] = {.kind = one.kind,
                            .form = options.list[i].choice.setting.form,
                            .setting = one.setting,
                            .in_time = one.in_time,
                            .allowed = one.allowed,
                            .full_model = one.full_model,
                            .predicted = one.time,
                            .bytes = options.list[i].choice.bytes,
                            .cost = static_cast<float>(one.cost),
                            .error = static_cast<float>(one.error)};
  }
  reserve(state, std::min(choice->considered[taken].error, 1.0));
  return taken;
}

std::optional<AnswerChoice> AnswerChooser::choose(const PlacedInput& input, std::span<const HeldAnswer> held,
                                                  std::span<Route* const> routes, const RemoteRoute* remote,
                                                  Instant now, ChosenInput& state, PlacementRecord& record) {
  Options options;
  add_held(held, options);
  add_ways(input, routes, remote, now, options);
  const auto taken = take(input, now, options, state, record);
  if (!taken) return std::nullopt;
  // Without a server, what a question would say is not taken for want of better.
  if (!record.chosen().allowed && options.list[*taken].choice.route == nullptr) {
    settle(state);
    return std::nullopt;
  }
  state.form = options.list[*taken].choice.setting.form;
  state.visit_count = 0;
  ++tries_[static_cast<std::size_t>(state.form)];
  begun_at_[static_cast<std::size_t>(state.form)] = inputs_;
  return options.list[*taken].choice;
}

OnwardChoice AnswerChooser::half_way(const PlacedInput& input, Route& on, const HalfWay& there, Duration spent,
                                     std::span<Route* const> others, const RemoteRoute* remote, Instant now,
                                     ChosenInput& state, PlacementRecord& record) {
  Options options;
  add_half(input, on, there, spent, remote, now, state, options);
  add_ways(input, others, remote, now, options);
  const auto taken = take(input, now, options, state, record);
  if (!taken) return {};
  const Option& option = options.list[*taken];
  if (!record.chosen().allowed && !record.chosen().full_model) return {};
  if (option.choice.route == nullptr) return {Onward::kAnswer};
  if (option.goes_on) return {Onward::kGoOn, option.choice.setting.channels};
  state.left = true;
  return {Onward::kLeave};
}

void AnswerChooser::learn_onwards(const ChosenInput& state, const Cost& cost, double error) {
  const double device_ms = milliseconds_in(cost.local_compute);
  const auto learn = [&](std::size_t from, double before_ms) {
    Onwards* const onwards = onwards_of(state.form, from);
    if (onwards == nullptr) return;
    const double took_ms = std::max(device_ms - before_ms, 0.0);
    const bool sent = cost.bytes_up != 0;
    onwards->inputs += 1;
    move_to(onwards->device_ms, took_ms, onwards->inputs);
    onwards->high_device_ms = std::max(took_ms, onwards->high_device_ms * (1 - kOfTheLatestOnwards / 2));
    move_to(onwards->sent_share, sent ? 1 : 0, onwards->inputs);
    move_to(onwards->error, error, onwards->inputs);
    if (!sent) return;
    onwards->sent += 1;
    move_to(onwards->bytes, static_cast<double>(cost.bytes_up), onwards->sent);
    move_to(onwards->server_ms, work_ms(cost), onwards->sent);
  };
  if (state.visit_count == 0) return;
  learn(0, 0);
  for (std::size_t i = 0; i < state.visit_count; ++i)
    learn(state.visits[i].place + std::size_t{1}, state.visits[i].device_ms);
}

void AnswerChooser::answered(const PlacedInput& input, const FormSetting& setting, const PlacementRecord* record,
                             const Cost& cost, const ChosenEnd& end, Instant now, ChosenInput& state) {
  const double expected = state.counted ? state.expected : 0;
  settle(state);
  const bool of_server = record != nullptr && record->count != 0 &&
                         record->chosen().kind != adapt::AnswerKind::kReuse && end.kind == AnswerKind::kReused;
  double error = expected;
  if (end.stopgap) {
    error = state.at_hand;
  } else if (end.kind == AnswerKind::kRemote || end.kind == AnswerKind::kLocal) {
    error = 1 - share_of(end.variant_agreement, 0);
  } else if (of_server) {
    error = target_error_;  // an earlier answer that the server gave out by the same points
  }
  price_.took(error);
  lateness_.took(end.stopgap ? 1 : 0);
  if (!state.left) {
    // What goes on to the model's end errs on nothing; what was expected of the way is what others that went it come to.
    learn_onwards(state, cost, error);
  }
  if (cost.bytes_up != 0 || end.kind == AnswerKind::kLocal) predictor_.answered(input, setting, record, cost, now);
}

void AnswerChooser::ended(ChosenInput& state, bool late) {
  settle(state);
  if (late) lateness_.took(1);
}

}  // namespace sluice::pipeline
