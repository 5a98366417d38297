#include "core/pipeline/split_route.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "core/pipeline/remote_route.hpp"

namespace sluice::pipeline {
namespace {

Error bad_device_half(std::string_view what) {
  return {ErrorCode::kInvalidArgument, join_text({"the device half gave ", what})};
}

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

// What the driver made, held against what split_route.hpp says of it.
std::optional<Error> check_outputs(const StageOutputs* made, std::size_t most_channels) {
  if (made == nullptr) return bad_device_half("a payload, not its outputs");
  const std::vector<OutputTensor>* const outputs = &made->outputs;
  if (outputs->size() != 3) return bad_device_half(join_text({outputs->size(), " outputs; expected 3"}));
  const Tensor& guess = (*outputs)[kGuessOutput].tensor;
  const Tensor& features = (*outputs)[kFeaturesOutput].tensor;
  const Tensor& ends = (*outputs)[kEndsOutput].tensor;
  if (guess.type() != DataType::kFloat32 || features.type() != DataType::kUint8 || ends.type() != DataType::kInt32) {
    return bad_device_half(
        join_text({"outputs of the types ", type_name(guess.type()), ", ", type_name(features.type()), " and ",
                   type_name(ends.type()), "; expected float32, uint8 and int32"}));
  }
  if (!all_finite(guess.as<float>())) return bad_device_half("a guess with a value that is not finite");
  if (ends.as<std::int32_t>().size() > most_channels) return bad_device_half("more channels than the bundle has");
  std::int32_t before = 0;
  for (const std::int32_t end : ends.as<std::int32_t>()) {
    if (end < before || static_cast<std::size_t>(end) > features.view().bytes.size()) {
      return bad_device_half(join_text({"a channel that ends at byte ", end, " of ", features.view().bytes.size()}));
    }
    before = end;
  }
  return std::nullopt;
}

// Of how many channels the remote half's answer is, of at most so many that were sent; the guess has that shape.
Result<std::uint32_t> read_remote(std::vector<OutputTensor>& outputs, std::uint32_t most, const Shape& shape) {
  const auto refuse = [](std::string_view what) {
    return fail(ErrorCode::kMalformedMessage, {"the remote half's answer ", what});
  };
  if (outputs.size() != 2 || outputs[1].name != wire::kChannelsOutput || outputs[1].tensor.type() != DataType::kInt32 ||
      outputs[1].tensor.as<std::int32_t>().size() != 1) {
    return refuse("does not say how many channels came");
  }
  const std::int32_t channels = outputs[1].tensor.as<std::int32_t>()[0];
  if (channels < 1 || static_cast<std::uint32_t>(channels) > most) {
    return refuse(join_text({"is of ", channels, " channels; sent were at most ", most}));
  }
  const Tensor& remote = outputs[0].tensor;
  if (remote.type() != DataType::kFloat32 || remote.shape() != shape) {
    return refuse(join_text({"is ", type_name(remote.type()), " ", to_string(remote.shape()), "; the guess is float32 ",
                             to_string(shape)}));
  }
  if (!all_finite(remote.as<float>())) return refuse("has a value that is not finite");
  return static_cast<std::uint32_t>(channels);
}

OutputTensor channels_output(std::uint32_t channels) {
  auto tensor = Tensor::create(DataType::kInt32, {1});
  if (tensor) tensor->as<std::int32_t>()[0] = static_cast<std::int32_t>(channels);
  return {std::string(wire::kChannelsOutput), tensor ? *std::move(tensor) : Tensor()};
}

std::vector<OutputTensor> outputs_of(std::string name, Tensor result, std::uint32_t channels) {
  std::vector<OutputTensor> outputs;
  outputs.push_back({std::move(name), std::move(result)});
  outputs.push_back(channels_output(channels));
  return outputs;
}

}  // namespace

SplitRoute::SplitRoute(RouteHost& host, RemoteRoute* remote, const SplitSpec& spec, std::vector<float> shares,
                       Duration stale_answers)
    : host_(host),
      remote_(remote),
      device_(spec.device),
      points_(spec.points),
      shares_(std::move(shares)),
      stale_(stale_answers) {
  for (const SplitPoint& point : points_) {
    if (least_channels_ == 0 || (point.channels != 0 && point.channels < least_channels_))
      least_channels_ = point.channels;
  }
}

bool SplitRoute::served(Instant now) const { return remote_ != nullptr && remote_->available(now); }

// The server is to take features, or where the guess is less than was asked for, the picture.
bool SplitRoute::awaits_server(Instant now) const {
  return remote_ != nullptr && !guess_will_do() && now < remote_->awaited_until();
}

bool SplitRoute::guess_will_do() const { return within_target_ && channels_ == 0; }

std::string_view SplitRoute::passed_over() const {
  if (!within_target_) return "more is asked than the two halves keep";
  const bool refused = channels_ > 0 && served(now_) && !remote_->takes(wire::Encoding::kSplit);
  return refused ? "the server takes no features" : std::string_view();
}

bool SplitRoute::available(Instant now) const {
  return !served(now) || (within_target_ && (channels_ == 0 || remote_->takes(wire::Encoding::kSplit)));
}

bool SplitRoute::has_room(Instant now) const {
  // While features follow in parts the link is theirs, and what waits for the server goes first.
  const auto goes_on = [](const UnderWay& one) { return one.parts != 0 || one.held; };
  if (making_ != 0 || std::any_of(under_way_.begin(), under_way_.end(), goes_on)) return false;
  return channels_ == 0 || !served(now) || remote_->has_room(now) || stale_.helps(now);
}

std::optional<Duration> SplitRoute::estimate(const input::InputExtent& extent, Instant now) const {
  if (channels_ == 0 || !served(now) || !last_took_) return last_took_;
  const auto remote = remote_->estimate(extent, now);
  return remote ? std::optional(*remote + *last_took_) : std::nullopt;
}

float SplitRoute::set_error_budget(float allowed) {
  const auto point =
      std::find_if(points_.begin(), points_.end(), [&](const SplitPoint& one) { return 1 - one.target <= allowed; });
  within_target_ = point != points_.end();
  const SplitPoint& best = within_target_ || points_.empty() ? SplitPoint{} : points_.back();
  channels_ = within_target_ ? point->channels : best.channels;
  return within_target_ ? 1 - point->target : 0;
}

// As many channels as are chosen half-way; until then it may be all.
void SplitRoute::open_to_choice() {
  within_target_ = !points_.empty();
  if (within_target_) channels_ = points_.back().channels;
}

void SplitRoute::begin(Attempt& attempt, Instant now) {
  under_way_.emplace_back().attempt = attempt.id;
  ++making_;
  if (channels_ > 0 && served(now) && remote_->has_room(now)) remote_->reserve(attempt, now);
  host_.want(attempt, RunStage{device_});
}

SplitRoute::UnderWay& SplitRoute::find(const Attempt& attempt) {
  return *std::find_if(under_way_.begin(), under_way_.end(),
                       [&](const UnderWay& one) { return one.attempt == attempt.id; });
}

void SplitRoute::resume(Attempt& attempt, Product product, Duration took, Instant now) {
  auto* made = std::get_if<StageOutputs>(&product);
  if (auto bad = check_outputs(made, shares_.size() - 1)) return host_.fail(attempt, *std::move(bad));
  const AttemptInput input = host_.input_of(attempt);
  input.cost->local_compute += took;
  last_took_ = took;
  --making_;
  UnderWay& one = find(attempt);
  one.made = true;
  one.offered = input.offered;
  one.deadline = input.deadline;
  one.name = std::move(made->outputs[kGuessOutput].name);
  one.guess = std::move(made->outputs[kGuessOutput].tensor);
  const auto ends = made->outputs[kEndsOutput].tensor.as<std::int32_t>();
  if (ends.empty()) return answer_guess(attempt, one);
  // Answers if the deadline comes first, or the server does not do its part.
  auto copy = Tensor::copy_of(one.guess.view());
  if (!copy) return host_.fail(attempt, copy.error());
  std::string why = put_stale_to(attempt, *copy, one.offered);
  host_.keep(attempt, AnswerKind::kSplit, outputs_of(one.name, *std::move(copy), 0), std::move(why));
  one.payload = SplitPayload(std::move(made->outputs[kFeaturesOutput].tensor), {ends.begin(), ends.end()});
  one.traceparent = made->traceparent;
  const OnwardChoice onward = host_.half_way(
      attempt,
      {.kind = adapt::AnswerKind::kSplit, .sends = true, .logits = one.guess.as<float>(), .ends = one.payload.ends()});
  if (onward.way == Onward::kAnswer) return answer_guess(attempt, one);
  if (onward.way == Onward::kLeave) return host_.retry(attempt, false);
  one.channels = onward.channels;
  one.held = true;
  send_held(attempt, one, now);
}

void SplitRoute::send_held(Attempt& attempt, UnderWay& one, Instant now) {
  if (guess_will_do()) return answer_guess(attempt, one);
  if (!served(now)) {
    if (awaits_server(now)) return;
    host_.fail(attempt,
               remote_ != nullptr ? remote_->why_absent() : Error{ErrorCode::kNotConnected, "no server is named"});
  } else if (remote_->holds(attempt)) {
    send(attempt, one, now);
  } else if (!available(now)) {
    host_.retry(attempt, false);  // this server gets the picture
  } else if (remote_->has_room(now)) {
    remote_->reserve(attempt, now);
    send(attempt, one, now);
  } else if (stale_.helps(one.offered)) {
    answer_guess(attempt, one);
  }
}

// As many channels as the target takes, or the most that the link carries before the deadline.
void SplitRoute::send(Attempt& attempt, UnderWay& one, Instant now) {
  one.held = false;
  const std::uint32_t channels_wanted = one.channels != 0 ? one.channels : channels_;
  one.payload.want(remote_->takes_parts() ? std::min(least_channels_, channels_wanted) : 0, channels_wanted);
  const std::uint32_t channels = one.payload.next(*remote_, one.deadline, now);
  if (channels == 0) return send_late(attempt, one, now);
  const bool more = one.payload.more_after(channels, *remote_, one.deadline, now);
  const Payload first{wire::Encoding::kSplit, one.payload.send(channels), one.traceparent};
  if (!more || !remote_->waits_for_parts(first.bytes.size(), one.deadline, now)) {
    static_cast<void>(remote_->send(attempt, first, useful_until(one), now));
  } else if (remote_->send_first(attempt, first, now)) {
    one.parts = 1;
  }
}

// Nothing would be in time for this picture, but perhaps for those behind it.
void SplitRoute::send_late(Attempt& attempt, UnderWay& one, Instant now) {
  const bool may = stale_.wanted() && !remote_->has_left();
  const std::uint32_t channels = may ? one.payload.next(*remote_, useful_until(one), now) : 0;
  if (channels == 0) return host_.fail(attempt, {ErrorCode::kDeadlineExpired, "no features would be in time"});
  const Payload payload{wire::Encoding::kSplit, one.payload.send(channels), one.traceparent};
  if (remote_->send(attempt, payload, useful_until(one), now)) answer_guess(attempt, one);
}

// The next part while it would be in time; otherwise the word that there is none, so that the server does not wait for it.
void SplitRoute::send_parts(Attempt& attempt, UnderWay& one, Instant now) {
  if (!remote_->all_taken()) return;
  const std::uint32_t channels = one.payload.next(*remote_, one.deadline, now);
  const bool last = channels == one.payload.sent() || !one.payload.more_after(channels, *remote_, one.deadline, now);
  if (channels != one.payload.sent() && !remote_->has_room_for_part()) return;
  remote_->add_part(attempt, one.parts, one.payload.send(channels), last, now);
  one.parts = last ? 0 : one.parts + 1;
}

void SplitRoute::advance(Instant now) {
  now_ = now;
  // At most one is held; it may end here.
  const auto held = std::find_if(under_way_.begin(), under_way_.end(), [](const UnderWay& one) { return one.held; });
  if (held != under_way_.end()) {
    if (Attempt* attempt = host_.find_attempt(held->attempt)) send_held(*attempt, *held, now);
  }
  for (UnderWay& one : under_way_) {
    if (one.parts == 0) continue;
    if (Attempt* attempt = host_.find_attempt(one.attempt)) send_parts(*attempt, one, now);
  }
}

Instant SplitRoute::advances_at() const {
  Instant next = kNever;
  for (const UnderWay& one : under_way_) {
    if (one.held) next = std::min(next, served(now_) ? remote_->next_deadline() : remote_->awaited_until());
    if (one.parts == 0) continue;
    // What has to go by then is too late just after. Until then the socket says when it has room.
    const Instant given_up = one.payload.latest_next(*remote_, one.deadline) + Duration{1};
    if (given_up > now_) next = std::min(next, given_up);
  }
  return next;
}

void SplitRoute::answer_guess(Attempt& attempt, UnderWay& one) {
  // Where the guess alone is what was asked for, it was measured alone.
  std::string why = guess_will_do() ? std::string() : put_stale_to(attempt, one.guess, one.offered);
  host_.answer(attempt, AnswerKind::kSplit, outputs_of(one.name, std::move(one.guess), 0), std::move(why));
}

// What the answer's reason says of it; empty where nothing was put to the guess. What came too late for its own input is charged to the first
// that has something of it.
std::string SplitRoute::put_stale_to(const Attempt& attempt, Tensor& guess, Instant offered) {
  const auto age = stale_.put_to(guess.as<float>(), offered);
  if (!age) return {};
  host_.input_of(attempt).cost->bytes_down += stale_.take_bytes();
  return stale_reason(*age);
}

void SplitRoute::answered(Attempt& attempt, AnswerKind, std::vector<OutputTensor>&& outputs) {
  UnderWay& one = find(attempt);
  const auto channels = read_remote(outputs, one.payload.may_hold(), one.guess.shape());
  if (!channels) return host_.fail(attempt, channels.error());
  const float share = shares_[*channels];
  const auto guess = one.guess.as<float>();
  const auto combined = outputs[0].tensor.as<float>();
  stale_.remember(combined, share, one.offered);
  for (std::size_t i = 0; i < combined.size(); ++i) combined[i] = share * guess[i] + (1 - share) * combined[i];
  outputs[0].name = std::move(one.name);
  host_.answer(attempt, AnswerKind::kSplit, std::move(outputs), {});
}

// One that cannot be read is nobody's: its picture was answered.
void SplitRoute::answered_late(std::vector<OutputTensor>&& outputs, std::size_t bytes) {
  const auto channels = read_remote(outputs, late_.most_channels, late_.shape);
  if (channels) stale_.remember(outputs[0].tensor.as<float>(), shares_[*channels], late_.offered, bytes);
}

void SplitRoute::release(Attempt& attempt) {
  const auto one = std::find_if(under_way_.begin(), under_way_.end(),
                                [&](const UnderWay& other) { return other.attempt == attempt.id; });
  if (!one->made) --making_;
  // A payload whose parts were still to follow is not waited for.
  const bool leaves = remote_ != nullptr && stale_.wanted() && one->made && one->parts == 0 && !remote_->has_left();
  if (leaves) {
    late_ = {one->offered, one->payload.may_hold(), one->guess.shape()};
    remote_->leave(attempt, useful_until(*one));
  } else if (remote_ != nullptr) {
    remote_->release(attempt);
  }
  under_way_.erase(one);
}

}  // namespace sluice::pipeline
