// An input is placed: it begins in the form that is expected to be quickest, and perhaps a model here beside it. See client_impl.hpp.
#include <algorithm>

#include "core/pipeline/client_impl.hpp"

namespace sluice::pipeline {

Route* Client::Impl::place(const Input& input, Instant now) {
  placeable.clear();
  for (const auto& route : routes) {
    if (!route->runs_beside() && route->available(now) && !route->fills_in(now)) placeable.push_back(route.get());
  }
  choice = placer->place(facts_of(input), placeable, remote, now, considered);
  return choice ? choice->route : nullptr;
}

void Client::Impl::begin_placed(Input& input, Instant now) {
  if (!input.placement) input.placement = std::make_unique<PlacementRecord>();
  *input.placement = considered;
  input.setting = choice->setting;
  input.placed_at = now;
  input.bytes_before = input.cost.bytes_up;
}

// The stand-in where there is one, else whatever runs the model here.
Route* Client::Impl::duplicate_route(Instant now) const {
  Route* here = nullptr;
  for (const auto& route : routes) {
    if (!route->available(now)) continue;
    if (route->runs_beside()) return route.get();
    if (route->form() == Form::kHere) here = route.get();
  }
  return here;
}

void Client::Impl::plan_duplicate(Input& input, Instant now) {
  input.duplicate_at = kNever;
  const bool remote_form = input.placement && input.attempts[0].route == remote;
  if (!options.duplicate || !remote_form || duplicate_route(now) == nullptr) return;
  input.placement->duplicate = Duplicate::kSkipped;
  input.duplicate_at = placer->duplicate_at(*input.placement, input.placed_at, input.deadline, now);
}

void Client::Impl::begin_duplicates(Instant now) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Input& input = inputs.at(i);
    if (input.duplicate_at > now) continue;
    const bool under_way = input.attempts[0].id != 0 && input.attempts[1].id == 0;
    input.duplicate_at =
        under_way ? placer->duplicate_at(*input.placement, input.placed_at, input.deadline, now) : kNever;
    if (input.duplicate_at > now) continue;
    Route* route = duplicate_route(now);
    if (route == nullptr || !route->has_room(now)) continue;  // tried again while it is of use
    input.duplicate_at = kNever;
    input.placement->duplicate = Duplicate::kBegun;
    begin(input, input.attempts[1], *route, now);
  }
}

Instant Client::Impl::next_duplicate() const {
  Instant next = kNever;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    // One that is due waits for room, which is told of.
    const Instant at = inputs.at(i).duplicate_at;
    if (at > now_of_call) next = std::min(next, at);
  }
  return next;
}

void Client::Impl::payload_made(const Attempt& attempt, const Product& product, Duration took) {
  const auto* payload = std::get_if<Payload>(&product);
  if (!placer || payload == nullptr || attempt.route != remote) return;
  const FormSetting setting = attempt.placed.value_or(FormSetting());
  placer->made(facts_of(*inputs.find(attempt.input)), setting, payload->bytes.size(), took);
}

void Client::Impl::close_placement(Input& input, AnswerKind kind) {
  PlacementRecord* const record = input.placement.get();
  if (record != nullptr) {
    record->actual_ms = static_cast<float>(static_cast<double>((now_of_call - input.placed_at).count()) / 1e3);
    record->actual_bytes = input.cost.bytes_up - input.bytes_before;
    const bool here = kind == AnswerKind::kLocal || kind == AnswerKind::kExited;
    if (record->duplicate == Duplicate::kBegun && here) record->duplicate = Duplicate::kWon;
    log.record_placement(now_of_call, input.id, *record);
  }
  if (kind != AnswerKind::kSkipped && (kind != AnswerKind::kReused || input.cost.bytes_up != 0))
    placer->answered(facts_of(input), input.setting, record, input.cost);
}

}  // namespace sluice::pipeline
