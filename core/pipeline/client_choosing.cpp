// An input's answer is chosen among all there are, and again as it goes on. What the questions would answer is held until then. See
// client_impl.hpp and answer_chooser.hpp.
#include <algorithm>
#include <utility>

#include "core/pipeline/answer_chooser.hpp"
#include "core/pipeline/answer_cost.hpp"
#include "core/pipeline/client_impl.hpp"
#include "core/pipeline/reason.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::size_t kMostHeld = 4;
constexpr std::size_t kMostLeft = 4;

PlacedInput placed_input(const Input& input) { return {input.extent, input.own, input.deadline}; }

}  // namespace

class Client::Impl::InputChoosing final : public Placing {
 public:
  InputChoosing(Impl& client, std::unique_ptr<AnswerChooser> chooser, std::optional<output::Agreement> agreement)
      : client_(client), chooser_(std::move(chooser)), agreement_(agreement) {}

  bool chooses() const override { return true; }
  void set_target(float target) override { chooser_->set_target(target); }
  void hold(const Input& input, std::size_t question, Verdict& verdict) override;
  bool offered(Input& input, Instant now) override;
  Route* place(const Input& input, Instant now) override;
  bool answers(const Input& input) override;
  bool makes_it(const Input& input, const Route& route, Instant now) const override;
  void begin(Input& input, Attempt& attempt, Instant now) override;
  OnwardChoice half_way(Attempt& attempt, const HalfWay& there) override;
  void payload_made(const Attempt& attempt, const Product& product, Duration took) override;
  void close(Input& input, AnswerKind kind) override;
  std::string_view reason(Input& input, std::string_view why) override;
  void learn(const Input& input, const Answer& answer, bool from_model) override;
  void forget(const Input& input) override;
  void settle() override;
  void compared(adapt::AnswerKind kind, float expected, bool wrong) override;

  // No model runs here beside a server's answer: being late has its own price.
  void plan_duplicate(Input&, Instant) override {}
  void begin_duplicates(Instant) override {}
  bool takes_over(Input&, Instant) override { return false; }
  Instant next_duplicate() const override { return kNever; }
  void driver_is_done(AttemptId, std::optional<Duration>) override {}

 private:
  // What a question would answer.
  struct Held {
    HeldAnswer answer;
    AnswerKind kind = AnswerKind::kSkipped;
    std::size_t question = 0;
    float score = 0;
    float threshold = 0;
    std::vector<OutputTensor> outputs;
  };

  struct Choosing {
    InputId id = 0;
    ChosenInput state;
    std::array<Held, kMostHeld> held;
    std::size_t held_count = 0;
    std::array<const Route*, kMostLeft> left{};
    std::size_t left_count = 0;
    Cost spent;  // when it was chosen last
    bool closed = false;

    bool has_left(const Route* route) const { return std::find(left.begin(), left.end(), route) != left.end(); }
  };

  struct Comparison {
    adapt::AnswerKind kind = adapt::AnswerKind::kSkip;
    float expected = 0;
    bool wrong = false;
  };

  Choosing* find(InputId id);
  Choosing& of(const Input& input);
  void list_routes(const Choosing& choosing, const Route* without, Instant now);
  void compare(adapt::AnswerKind kind, double expected, std::span<const OutputTensor> answer, const Answer& full);

  Impl& client_;
  const std::unique_ptr<AnswerChooser> chooser_;
  const std::optional<output::Agreement> agreement_;
  std::vector<std::unique_ptr<Choosing>> inputs_;  // under way
  std::vector<std::unique_ptr<Choosing>> spare_;
  std::vector<Route*> placeable_;       // that are to be had; kept for its memory
  std::optional<AnswerChoice> choice_;  // of the last input that was chosen for
  InputId chosen_for_ = 0;
  PlacementRecord considered_;           // for it
  std::vector<Comparison> comparisons_;  // that count from the next call of the driver on
  std::string words_;
};

void Client::choose_with(std::unique_ptr<AnswerChooser> chooser, std::optional<output::Agreement> agreement) {
  impl_->placing = std::make_unique<Impl::InputChoosing>(*impl_, std::move(chooser), agreement);
  impl_->set_accuracy_target(impl_->last_target);
}

void Client::compared(adapt::AnswerKind kind, float expected, bool wrong, Instant) {
  if (!impl_->placing) return;
  impl_->log.record_comparison(kind, expected, wrong);
  impl_->placing->compared(kind, expected, wrong);
}

Client::Impl::InputChoosing::Choosing* Client::Impl::InputChoosing::find(InputId id) {
  const auto found = std::ranges::find_if(inputs_, [id](const auto& one) { return one->id == id; });
  return found == inputs_.end() ? nullptr : found->get();
}

Client::Impl::InputChoosing::Choosing& Client::Impl::InputChoosing::of(const Input& input) {
  if (Choosing* known = find(input.id)) return *known;
  if (spare_.empty()) spare_.push_back(std::make_unique<Choosing>());
  inputs_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  *inputs_.back() = Choosing{};
  inputs_.back()->id = input.id;
  return *inputs_.back();
}

void Client::Impl::InputChoosing::list_routes(const Choosing& choosing, const Route* without, Instant now) {
  placeable_.clear();
  for (const auto& route : client_.routes) {
    if (route.get() == without || choosing.has_left(route.get()) || route->runs_beside()) continue;
    // Stages that run already are not run again on another route.
    if (without != nullptr && route->asks_half_way()) continue;
    if (route->available(now) && !route->fills_in(now)) placeable_.push_back(route.get());
  }
}

void Client::Impl::InputChoosing::hold(const Input& input, std::size_t question, Verdict& verdict) {
  Choosing& choosing = of(input);
  if (choosing.held_count == choosing.held.size()) {
    verdict.kind.reset();
    return;
  }
  std::size_t at = 0;  // of the manifest's, by the name
  while (at < client_.manifest.questions.size() &&
         client_.manifest.questions[at].row->kind != client_.questions[question]->name()) {
    ++at;
  }
  const AnswerKind kind = *verdict.kind;
  HeldAnswer answer = chooser_->held(at, kind, verdict.score);
  // What was learned on this stream goes before what the bundle's points lead to expect.
  if (client_.promising) answer.error = client_.promising->expected_error(question, verdict.score);
  choosing.held[choosing.held_count++] = {
      answer, kind, question, verdict.score, verdict.threshold, std::move(verdict.outputs)};
  verdict.kind.reset();
  verdict.outputs.clear();
}

bool Client::Impl::InputChoosing::offered(Input& input, Instant now) {
  const Choosing* known = find(input.id);
  if (known == nullptr || known->held_count == 0) return false;
  place(input, now);
  return answers(input);
}

Route* Client::Impl::InputChoosing::place(const Input& input, Instant now) {
  Choosing& choosing = of(input);
  std::array<HeldAnswer, kMostHeld> held;
  for (std::size_t i = 0; i < choosing.held_count; ++i) held[i] = choosing.held[i].answer;
  list_routes(choosing, nullptr, now);
  considered_ = PlacementRecord{};
  chosen_for_ = input.id;
  choice_ = chooser_->choose(placed_input(input), std::span(held).first(choosing.held_count), placeable_,
                             client_.remote, now, choosing.state, considered_);
  return choice_ ? choice_->route : nullptr;
}

bool Client::Impl::InputChoosing::answers(const Input& input) {
  if (!choice_ || choice_->route != nullptr || chosen_for_ != input.id) return false;
  Choosing& choosing = *find(input.id);
  const std::size_t at = considered_.taken;  // held answers stand first
  if (at >= choosing.held_count) return false;
  Held& held = choosing.held[at];
  Input& ended = *client_.inputs.find(input.id);
  ended.score = held.score;
  ended.threshold = held.threshold;
  ended.asked_last = static_cast<std::int8_t>(held.question);
  ended.placement = std::make_unique<PlacementRecord>(considered_);
  ended.placed_at = client_.now_of_call;
  ended.bytes_before = ended.cost.bytes_up;
  choice_.reset();
  client_.end_answered(ended, held.kind, std::move(held.outputs));
  return true;
}

bool Client::Impl::InputChoosing::makes_it(const Input& input, const Route& route, Instant now) const {
  const bool chosen = choice_ && choice_->route == &route;
  if (chosen && &route == client_.remote) return client_.remote->carries(choice_->bytes, input.deadline, now);
  return route.makes_it(input.deadline, now);
}

void Client::Impl::InputChoosing::begin(Input& input, Attempt& attempt, Instant now) {
  Choosing& choosing = of(input);
  choosing.spent = input.cost;
  if (!choice_ || choice_->route != attempt.route) {
    if (input.placement) input.placement->count = 0;
    return;
  }
  const std::uint32_t asked = input.placement ? input.placement->asked : 0;
  if (!input.placement) input.placement = std::make_unique<PlacementRecord>();
  *input.placement = considered_;
  input.placement->asked = asked + 1;
  input.setting = choice_->setting;
  input.placed_at = now;
  input.bytes_before = input.cost.bytes_up;
  attempt.placed = input.setting;
}

OnwardChoice Client::Impl::InputChoosing::half_way(Attempt& attempt, const HalfWay& there) {
  const Instant now = client_.now_of_call;
  Input& input = *client_.inputs.find(attempt.input);
  Choosing& choosing = of(input);
  list_routes(choosing, attempt.route, now);
  considered_ = PlacementRecord{};
  const OnwardChoice onward = chooser_->half_way(placed_input(input), *attempt.route, there, input.cost.local_compute,
                                                 placeable_, client_.remote, now, choosing.state, considered_);
  if (considered_.count == 0) return onward;
  const std::uint32_t asked = input.placement ? input.placement->asked : 0;
  if (!input.placement) input.placement = std::make_unique<PlacementRecord>();
  *input.placement = considered_;
  input.placement->asked = asked + 1;
  input.placed_at = now;
  input.bytes_before = input.cost.bytes_up;
  choosing.spent = input.cost;
  if (onward.way == Onward::kLeave && choosing.left_count < choosing.left.size())
    choosing.left[choosing.left_count++] = attempt.route;
  return onward;
}

void Client::Impl::InputChoosing::payload_made(const Attempt& attempt, const Product& product, Duration took) {
  const auto* payload = std::get_if<Payload>(&product);
  if (payload == nullptr || attempt.route != client_.remote) return;
  const FormSetting setting = attempt.placed.value_or(FormSetting());
  chooser_->made(placed_input(*client_.inputs.find(attempt.input)), setting, payload->bytes.size(), took);
}

void Client::Impl::InputChoosing::close(Input& input, AnswerKind kind) {
  Choosing& choosing = of(input);
  choosing.closed = true;
  PlacementRecord* const record = input.placement.get();
  if (record != nullptr) {
    record->actual_ms = static_cast<float>(milliseconds_in(client_.now_of_call - input.placed_at));
    record->actual_bytes = input.cost.bytes_up - input.bytes_before;
    record->actual_cost =
        static_cast<float>(cost_of(input.cost, chooser_->weights()) - cost_of(choosing.spent, chooser_->weights()));
    client_.log.record_placement(client_.now_of_call, input.id, *record);
  }
  ChosenEnd end{kind, input.stopgap, 1};
  for (const ModelVariant& variant : client_.manifest.variants) {
    if (!input.variant.empty() && variant.name == input.variant) end.variant_agreement = variant.agreement;
  }
  chooser_->answered(placed_input(input), input.setting, record, input.cost, end, client_.now_of_call, choosing.state);
}

std::string_view Client::Impl::InputChoosing::reason(Input& input, std::string_view why) {
  const PlacementRecord* const record = input.placement.get();
  if (record == nullptr || record->count == 0 || input.stopgap) return why;
  words_.clear();
  const bool by_question = record->chosen().kind <= adapt::AnswerKind::kReuse && input.asked_last >= 0;
  if (by_question) {
    append_text(words_, {client_.questions[static_cast<std::size_t>(input.asked_last)]->name(), " score ",
                         decimal(input.score)});
  }
  input.asked_last = Input::kNoQuestion;  // thresholds did not decide
  if (!why.empty()) append_text(words_, {words_.empty() ? "" : ", ", why});
  const auto all = record->all();
  const auto usable =
      std::ranges::count_if(all, [](const ConsideredAnswer& one) { return one.allowed && one.in_time; });
  append_text(words_, {words_.empty() ? "" : ", ", "cheapest of ", usable, " in time and allowed, of ", record->count,
                       ": ", adapt::answer_kind_name(record->chosen().kind), ", may err on ",
                       decimal(100 * record->chosen().error), " %"});
  return words_;
}

// In replays nothing is compared: what was found stands in the log.
void Client::Impl::InputChoosing::compare(adapt::AnswerKind kind, double expected, std::span<const OutputTensor> answer,
                                          const Answer& full) {
  const auto agrees = agreement_->agrees(answer, full.outputs);
  if (agrees) comparisons_.push_back({kind, static_cast<float>(expected), !*agrees});
}

void Client::Impl::InputChoosing::learn(const Input& input, const Answer& answer, bool from_model) {
  const Choosing* const choosing = find(input.id);
  // Behind a cut, what no exit was sure of came to the model's end.
  const bool behind_cut = answer.kind == AnswerKind::kSplit && !answer.stopgap && answer.outputs.size() == 1;
  if (!agreement_ || choosing == nullptr || !(from_model || behind_cut)) return;
  const bool has_nothing = client_.manifest.model.output.decoder != "none";
  for (std::size_t i = 0; i < choosing->held_count; ++i) {
    const Held& held = choosing->held[i];
    if (held.kind == AnswerKind::kReused || has_nothing)
      compare(held.answer.kind, held.answer.error, held.outputs, answer);
  }
  if (!input.kept) return;
  const auto kind = input.kept->kind == AnswerKind::kExited ? adapt::AnswerKind::kExit : adapt::AnswerKind::kSplit;
  compare(kind, choosing->state.at_hand_raw, input.kept->outputs, answer);
}

void Client::Impl::InputChoosing::settle() {
  for (const Comparison& one : comparisons_) {
    client_.log.record_comparison(one.kind, one.expected, one.wrong);
    compared(one.kind, one.expected, one.wrong);
  }
  comparisons_.clear();
}

void Client::Impl::InputChoosing::compared(adapt::AnswerKind kind, float expected, bool wrong) {
  chooser_->compared(kind, static_cast<double>(expected), wrong);
}

void Client::Impl::InputChoosing::forget(const Input& input) {
  const auto found = std::ranges::find_if(inputs_, [&](const auto& one) { return one->id == input.id; });
  if (found == inputs_.end()) return;
  Choosing& choosing = **found;
  if (!choosing.closed) chooser_->ended(choosing.state, client_.now_of_call >= input.deadline);
  spare_.push_back(std::move(*found));
  inputs_.erase(found);
}

}  // namespace sluice::pipeline
