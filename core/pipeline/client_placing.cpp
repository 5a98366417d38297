// An input is placed: it begins in the form that is expected to be quickest, and perhaps a model here beside it. See client_impl.hpp.
#include <algorithm>
#include <utility>

#include "core/pipeline/client_impl.hpp"
#include "core/pipeline/placer.hpp"

namespace sluice::pipeline {
namespace {

PlacedInput facts_of(const Input& input) { return {input.extent, input.own, input.deadline}; }

}  // namespace

class Client::Impl::InputPlacing final : public Placing {
 public:
  InputPlacing(Impl& client, std::unique_ptr<Placer> placer) : client_(client), placer_(std::move(placer)) {}

  Route* place(const Input& input, Instant now) override;
  bool makes_it(const Input& input, const Route& route, Instant now) const override;
  void begin(Input& input, Attempt& attempt, Instant now) override;
  void plan_duplicate(Input& input, Instant now) override;
  void begin_duplicates(Instant now) override;
  bool takes_over(Input& input, Instant now) override;
  Instant next_duplicate() const override;
  void driver_is_done(AttemptId attempt, std::optional<Duration> took) override;
  void payload_made(const Attempt& attempt, const Product& product, Duration took) override;
  void close(Input& input, AnswerKind kind) override;

 private:
  bool is_on(const Route& route) const { return choice_ && choice_->route == &route; }
  Route* duplicate_route(Instant now) const;
  Instant when_to_duplicate(const Input& input, Instant now) const;

  Impl& client_;
  const std::unique_ptr<Placer> placer_;
  std::vector<Route*> placeable_;          // that are to be had; kept for its memory
  std::optional<PlacementChoice> choice_;  // of the last input that a route was chosen for
  PlacementRecord considered_;             // for it
  AttemptId duplicate_running_ = 0;        // in the driver, though its input may have ended; 0: none
  Instant given_up_at_ = kNever;           // when that is no longer waited for
};

void Client::place_with(std::unique_ptr<Placer> placer) {
  impl_->placing = std::make_unique<Impl::InputPlacing>(*impl_, std::move(placer));
}

Route* Client::Impl::InputPlacing::place(const Input& input, Instant now) {
  choice_.reset();
  placeable_.clear();
  for (const auto& route : client_.routes) {
    if (!route->runs_beside() && route->available(now) && !route->fills_in(now)) placeable_.push_back(route.get());
  }
  choice_ = placer_->place(facts_of(input), placeable_, client_.remote, now, considered_);
  return choice_ ? choice_->route : nullptr;
}

bool Client::Impl::InputPlacing::makes_it(const Input& input, const Route& route, Instant now) const {
  // Of the form that was chosen; its bytes may be others than the last payload's.
  if (&route == client_.remote && is_on(route)) return client_.remote->carries(choice_->bytes, input.deadline, now);
  return route.makes_it(input.deadline, now);
}

void Client::Impl::InputPlacing::begin(Input& input, Attempt& attempt, Instant now) {
  if (!is_on(*attempt.route)) {
    if (input.placement) input.placement->count = 0;
    return;
  }
  if (!input.placement) input.placement = std::make_unique<PlacementRecord>();
  considered_.duplicate = input.placement->duplicate;  // may have begun while the input waited
  *input.placement = considered_;
  input.beside_first = false;
  input.setting = choice_->setting;
  input.placed_at = now;
  input.bytes_before = input.cost.bytes_up;
  attempt.placed = input.setting;
}

// The stand-in where there is one, else whatever runs the model here.
Route* Client::Impl::InputPlacing::duplicate_route(Instant now) const {
  Route* here = nullptr;
  for (const auto& route : client_.routes) {
    if (!route->available(now)) continue;
    if (route->runs_beside()) return route.get();
    if (route->form() == Form::kHere) here = route.get();
  }
  return here;
}

void Client::Impl::InputPlacing::plan_duplicate(Input& input, Instant now) {
  input.duplicate_at = kNever;
  const bool waits = input.attempts[0].id == 0;
  const bool remote_form = input.placement && input.placement->count != 0 && input.attempts[0].route == client_.remote;
  if (!client_.options.duplicate || !(waits || remote_form) || input.attempts[1].id != 0 ||
      duplicate_route(now) == nullptr)
    return;
  if (!waits) input.placement->duplicate = std::max(input.placement->duplicate, Duplicate::kSkipped);
  input.duplicate_at = when_to_duplicate(input, now);
}

Instant Client::Impl::InputPlacing::when_to_duplicate(const Input& input, Instant now) const {
  const bool waits = input.attempts[0].id == 0;
  return placer_->duplicate_at(waits ? nullptr : input.placement.get(), waits ? input.offered : input.placed_at,
                               input.deadline, now);
}

void Client::Impl::InputPlacing::begin_duplicates(Instant now) {
  for (std::size_t i = 0; i < client_.inputs.size(); ++i) {
    Input& input = client_.inputs.at(i);
    if (input.duplicate_at > now) continue;
    input.duplicate_at = input.attempts[1].id == 0 ? when_to_duplicate(input, now) : kNever;
    if (input.duplicate_at > now) continue;
    Route* route = duplicate_route(now);
    // Tried again while it is of use.
    const bool busy = duplicate_running_ != 0 && now < given_up_at_;
    if (busy || route == nullptr || !route->has_room(now)) continue;
    input.duplicate_at = kNever;
    input.beside_first = input.attempts[0].id == 0;
    if (!input.placement) {
      input.placement = std::make_unique<PlacementRecord>();
      input.placed_at = now;
    }
    input.placement->duplicate = Duplicate::kBegun;
    client_.begin(input, input.attempts[1], *route, now);
    duplicate_running_ = client_.last_attempt;
    given_up_at_ = now + std::chrono::milliseconds(client_.options.budget_ms);
  }
}

bool Client::Impl::InputPlacing::takes_over(Input& input, Instant now) {
  Route* const route = client_.options.duplicate ? duplicate_route(now) : nullptr;
  const bool busy = duplicate_running_ != 0 && now < given_up_at_;
  if (busy || route == nullptr || !route->has_room(now) || !input.placement || input.attempts[1].id != 0) return false;
  if (input.placement->duplicate >= Duplicate::kBegun) return false;
  input.duplicate_at = kNever;
  input.placement->duplicate = Duplicate::kBegun;
  client_.begin(input, input.attempts[1], *route, now);
  duplicate_running_ = client_.last_attempt;
  given_up_at_ = now + std::chrono::milliseconds(client_.options.budget_ms);
  return true;
}

Instant Client::Impl::InputPlacing::next_duplicate() const {
  Instant next = kNever;
  for (std::size_t i = 0; i < client_.inputs.size(); ++i) {
    // One that is due waits for room, which is told of.
    const Instant at = client_.inputs.at(i).duplicate_at;
    if (at > client_.now_of_call) next = std::min(next, at);
  }
  return next;
}

void Client::Impl::InputPlacing::driver_is_done(AttemptId attempt, std::optional<Duration> took) {
  if (attempt == 0 || attempt != duplicate_running_) return;
  duplicate_running_ = 0;
  // Of one that still runs its answer tells.
  if (took && client_.find_attempt(attempt) == nullptr) placer_->duplicate_ran(*took);
}

void Client::Impl::InputPlacing::payload_made(const Attempt& attempt, const Product& product, Duration took) {
  const auto* payload = std::get_if<Payload>(&product);
  if (payload == nullptr || attempt.route != client_.remote) return;
  const FormSetting setting = attempt.placed.value_or(FormSetting());
  placer_->made(facts_of(*client_.inputs.find(attempt.input)), setting, payload->bytes.size(), took);
}

void Client::Impl::InputPlacing::close(Input& input, AnswerKind kind) {
  PlacementRecord* const record = input.placement.get();
  if (record != nullptr) {
    record->actual_ms = static_cast<float>(static_cast<double>((client_.now_of_call - input.placed_at).count()) / 1e3);
    record->actual_bytes = input.cost.bytes_up - input.bytes_before;
    const bool here = kind == AnswerKind::kLocal || kind == AnswerKind::kExited;
    const bool taken = record->count != 0 && record->chosen().form == Form::kHere;
    if (record->duplicate == Duplicate::kBegun && here && !taken) record->duplicate = Duplicate::kWon;
    client_.log.record_placement(client_.now_of_call, input.id, *record);
  }
  if (kind != AnswerKind::kSkipped && (kind != AnswerKind::kReused || input.cost.bytes_up != 0))
    placer_->answered(facts_of(input), input.setting, record, input.cost, client_.now_of_call);
}

}  // namespace sluice::pipeline
