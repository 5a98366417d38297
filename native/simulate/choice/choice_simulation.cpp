#include "native/simulate/choice/choice_simulation.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <limits>

#include "core/adapt/choice/error_price.hpp"
#include "native/simulate/choice/answer_tally.hpp"
#include "native/simulate/choice/choosing_client.hpp"

namespace sluice::simulate {
namespace {

using adapt::AnswerKind;

constexpr double kPingBytes = 64;
constexpr double kLateAtMost = 0.5;  // what is likelier late than not is not begun, however few were late so far

// What comes: an input is a picture for the classifiers and a frame for the gate.
struct Input {
  std::size_t picture = 0;
  const std::string* letters = nullptr;
};

class Inputs {
 public:
  explicit Inputs(const ChoiceSetup& setup)
      : pictures_(new_pictures(*setup.table)), frames_(new_frames(*setup.table)), draw_(setup.world.seed + 1) {}
  Input next() {
    const std::string& letters = frames_[at_++ % frames_.size()];
    return {pictures_[draw_.index(pictures_.size())], &letters};
  }

 private:
  std::vector<std::size_t> pictures_;
  std::vector<std::string> frames_;
  Draw draw_;
  std::size_t at_ = 0;
};

bool is_wrong(char letter) { return std::isupper(static_cast<unsigned char>(letter)) != 0; }

AnswerKind gate_kind(char letter) {
  return std::tolower(static_cast<unsigned char>(letter)) == 's' ? AnswerKind::kSkip : AnswerKind::kReuse;
}

struct Answered {
  double at_ms = 0;
  std::optional<RoundTrip> trip;  // where anything was sent
};

// One of the table's options, for a picture, from that time on.
Answered answer_by(ChoiceWorld& world, const AnswerColumn& column, std::size_t picture, double from_ms,
                   double device_done_kmac) {
  const AnswerCell& cell = column.cells[picture];
  const AnswerCost& cost = column.cost_of(picture);
  Answered answered;
  answered.at_ms = world.work(from_ms, world.device_ms(cost.device_kmac - device_done_kmac, cost.device_us));
  if (cell.bytes == 0) return answered;
  answered.trip = world.send(answered.at_ms, cell.bytes, world.server_ms(cost.server_kmac, cost.server_us));
  answered.at_ms = answered.trip->answered_ms;
  return answered;
}

Result<void> check_setup(const ChoiceSetup& setup) {
  if (setup.table == nullptr || setup.estimates == nullptr || setup.world.network == nullptr || setup.inputs == 0 ||
      new_frames(*setup.table).empty() || new_pictures(*setup.table).empty()) {
    return fail(ErrorCode::kInvalidArgument,
                {"a simulation of ", setup.inputs, " inputs: it takes some, a table with frames, and a network"});
  }
  if (!(setup.world.server_load >= 0 && setup.world.server_load < 1) || !(setup.world.device_kmac_per_ms > 0) ||
      !(setup.world.server_kmac_per_ms > 0)) {
    return fail(ErrorCode::kInvalidArgument, {"a server that others keep busy for ", setup.world.server_load,
                                              " of its time: below 1, and machines have a speed"});
  }
  return {};
}

class ChoosingRun {
 public:
  ChoosingRun(const ChoiceSetup& setup, adapt::ErrorPrice price, adapt::ErrorPrice lateness)
      : setup_(setup),
        price_(price),
        lateness_(lateness),
        world_(setup.world),
        client_(setup, world_),
        inputs_(setup),
        draw_(setup.world.seed + 2) {
    for (std::size_t i = 0; i < setup.table->columns.size(); ++i) {
      const AnswerColumn& column = setup.table->columns[i];
      if (column.kind == "whole") whole_ = i;
      if (column.kind == "here") here_ = i;
      if (column.name == "split-0") half_kmac_ = column.costs.front().device_kmac;
    }
  }

  Result<ChoiceOutcome> run();

 private:
  Result<void> answer_next(double at_ms);
  const std::vector<AnswerEstimate>& look(const Input& input);
  Result<bool> answered_by_gate(const Input& input, const std::vector<AnswerEstimate>& estimates,
                                adapt::Choice& choice);
  Result<adapt::Choice> choose_now();
  std::optional<adapt::AnswerOption> gate_first(const adapt::Choice& without) const;
  void took(const adapt::ConsideredAnswer& answer, AnswerKind kind, bool agrees, double answered_ms);
  void ping();
  void check(const Input& input, const ChoosingClient::Check& check);

  const ChoiceSetup& setup_;
  adapt::ErrorPrice price_;
  adapt::ErrorPrice lateness_;
  ChoiceWorld world_;
  ChoosingClient client_;
  Inputs inputs_;
  Draw draw_;
  AnswerTally tally_;
  std::vector<adapt::AnswerOption> options_;
  std::optional<std::size_t> whole_;  // the column of the picture sent whole
  std::optional<std::size_t> here_;
  double began_ms_ = 0;   // with the present input
  double now_ms_ = 0;     // how far it has come
  double half_kmac_ = 0;  // of the device half, by whose guess pictures are told apart; 0: there is none
  std::size_t choices_ = 0;
  std::size_t guarded_ = 0;
  double choices_us_ = 0;
};

Result<adapt::Choice> ChoosingRun::choose_now() {
  const adapt::ChoiceLimits limits{.weights = setup_.weights,
                                   .deadline_ms = setup_.deadline_ms - (now_ms_ - began_ms_),
                                   .late_at_most = std::min(lateness_.error_at_most(), kLateAtMost),
                                   .price_per_late = lateness_.price(),
                                   .price_per_error = price_.price(),
                                   .error_at_most = price_.error_at_most()};
  const auto begin = std::chrono::steady_clock::now();
  auto choice = adapt::choose(options_, limits);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  choices_us_ += took.count();
  ++choices_;
  if (choice) guarded_ += choice->guarded ? 1 : 0;
  return choice;
}

// Asking the gate, and where it may not answer going on as without it: what that comes to in the mean.
std::optional<adapt::AnswerOption> ChoosingRun::gate_first(const adapt::Choice& without) const {
  const adapt::ConsideredAnswer& next = without.answer();
  const adapt::AnswerOption& rest = options_[without.taken];
  const double worth = next.cost + price_.price() * next.error + lateness_.price() * next.late;
  double passed = 1;
  adapt::AnswerOption first;
  for (const GateEstimate& estimate : setup_.estimates->gate) {
    const double error = client_.corrected(AnswerKind::kReuse, estimate.error);
    if (price_.price() * error > worth || error > price_.error_at_most()) continue;
    passed -= estimate.share;
    first.error += estimate.share * error;
  }
  if (passed >= 1) return std::nullopt;
  const double gate_ms = world_.device_ms(setup_.table->gate_kmac, 0);
  first.kind = AnswerKind::kReuse;
  first.time = {gate_ms + passed * rest.time.mean_ms, gate_ms + rest.time.p95_ms};
  first.bytes = passed * rest.bytes;
  first.device_cost = gate_ms + passed * rest.device_cost;
  first.server_ms = passed * rest.server_ms;
  first.error += passed * rest.error;
  return first;
}

void ChoosingRun::ping() {
  if (began_ms_ - client_.last_sent_ms() < setup_.ping_ms) return;
  client_.sent(kPingBytes, world_.send(began_ms_, kPingBytes, 0));
}

// Some answers are compared with the full model's, which runs where that is cheaper; here only beside what else there is to do.
void ChoosingRun::check(const Input& input, const ChoosingClient::Check& check) {
  if (!whole_ || draw_.uniform() >= setup_.check_share) return;
  const AnswerColumn& whole = setup_.table->columns[*whole_];
  const AnswerCost& cost = whole.cost_of(input.picture);
  const double bytes = whole.cells[input.picture].bytes;
  const double here_ms = here_ ? world_.device_ms(setup_.table->columns[*here_].cost_of(input.picture).device_kmac, 0)
                               : std::numeric_limits<double>::infinity();
  const Spent sent{world_.device_ms(cost.device_kmac, cost.device_us), bytes,
                   world_.server_ms(cost.server_kmac, cost.server_us)};
  if (here_ms < setup_.gap_ms / 2 && cost_of({here_ms, 0, 0}, setup_.weights) < cost_of(sent, setup_.weights)) {
    world_.work(now_ms_, here_ms);
    client_.compared(check);
    return;
  }
  client_.sent(bytes, *answer_by(world_, whole, input.picture, now_ms_, 0).trip, check);
}

// Whether an answer is late is known, if a moment later; whether it is wrong is not.
void ChoosingRun::took(const adapt::ConsideredAnswer& answer, AnswerKind kind, bool agrees, double answered_ms) {
  const bool late = answered_ms - began_ms_ > setup_.deadline_ms;
  price_.took(answer.error);
  lateness_.took(late ? 1 : 0);
  tally_.add(kind, agrees, !late);
}

// The device half looks first: its guess costs next to nothing, and tells easy pictures from hard ones.
const std::vector<AnswerEstimate>& ChoosingRun::look(const Input& input) {
  now_ms_ = world_.work(began_ms_, world_.device_ms(half_kmac_, 0));
  return half_kmac_ > 0 ? setup_.estimates->by_bin[setup_.estimates->bin_of(setup_.table->guess_percent[input.picture])]
                        : setup_.estimates->overall;
}

// Whether the gate was asked, and its answer taken. Otherwise `choice` is what to do without.
Result<bool> ChoosingRun::answered_by_gate(const Input& input, const std::vector<AnswerEstimate>& estimates,
                                           adapt::Choice& choice) {
  const auto gate = gate_first(choice);
  if (!gate) return false;
  options_.push_back(*gate);
  const auto first = choose_now();
  if (!first) return fail(first.error());
  if (first->taken + 1 < options_.size()) return false;
  now_ms_ = world_.work(now_ms_, world_.device_ms(setup_.table->gate_kmac, 0));
  options_.clear();
  client_.add_options(now_ms_, estimates, half_kmac_ > 0, options_);
  const std::size_t level = strictest_target(*input.letters);
  const bool answers = level < setup_.table->gate_targets.size();
  const char letter = answers ? (*input.letters)[level] : '-';
  const double expected = answers ? setup_.estimates->gate[level].error : 0;
  if (answers)
    options_.push_back({.kind = gate_kind(letter), .error = client_.corrected(AnswerKind::kReuse, expected)});
  const auto second = choose_now();
  if (!second) return fail(second.error());
  choice = *second;
  if (!answers || choice.taken + 1 < options_.size()) return false;
  took(choice.answer(), gate_kind(letter), !is_wrong(letter), now_ms_);
  check(input, {AnswerKind::kReuse, expected, is_wrong(letter)});
  return true;
}

Result<void> ChoosingRun::answer_next(double at_ms) {
  began_ms_ = at_ms;
  const Input input = inputs_.next();
  ping();
  client_.catch_up(at_ms);
  const std::vector<AnswerEstimate>& estimates = look(input);
  options_.clear();
  client_.add_options(now_ms_, estimates, half_kmac_ > 0, options_);
  auto choice = choose_now();
  if (!choice) return fail(choice.error());
  price_.saw(choice->full_model_cost);
  lateness_.saw(choice->full_model_cost);
  const auto by_gate = answered_by_gate(input, estimates, *choice);
  if (!by_gate) return fail(by_gate.error());
  if (*by_gate) return {};
  const AnswerColumn& column = setup_.table->columns[choice->taken];
  const AnswerCell& cell = column.cells[input.picture];
  const bool is_half = column.name.starts_with("split-");
  const auto answered = answer_by(world_, column, input.picture, now_ms_, is_half ? half_kmac_ : 0);
  took(choice->answer(), choice->answer().kind, cell.agrees, answered.at_ms);
  if (answered.trip) client_.sent(cell.bytes, *answered.trip);
  if (!choice->answer().full_model) check(input, {choice->answer().kind, estimates[choice->taken].error, !cell.agrees});
  return {};
}

Result<ChoiceOutcome> ChoosingRun::run() {
  for (std::size_t i = 0; i < setup_.inputs; ++i) {
    if (auto answered = answer_next(static_cast<double>(i) * setup_.gap_ms); !answered) return fail(answered.error());
  }
  ChoiceOutcome outcome = tally_.outcome(world_.spent(), setup_.weights);
  outcome.guarded = static_cast<double>(guarded_) / static_cast<double>(choices_);
  outcome.choice_us = choices_us_ / static_cast<double>(choices_);
  return outcome;
}

}  // namespace

Result<ChoiceOutcome> simulate_fixed(const ChoiceSetup& setup, const FixedAnswer& fixed) {
  if (auto checked = check_setup(setup); !checked) return fail(checked.error());
  const AnswerTable& table = *setup.table;
  if (fixed.column >= table.columns.size() || (fixed.gate_target && *fixed.gate_target >= table.gate_targets.size()))
    return fail(ErrorCode::kInvalidArgument, {"a table of answers has no option ", fixed.column, ", or no such gate"});
  const AnswerColumn& column = table.columns[fixed.column];
  const auto kind = parse_answer_kind(column.kind);
  if (!kind) return fail(kind.error());
  ChoiceWorld world(setup.world);
  Inputs inputs(setup);
  AnswerTally tally;
  for (std::size_t i = 0; i < setup.inputs; ++i) {
    const double at_ms = static_cast<double>(i) * setup.gap_ms;
    const Input input = inputs.next();
    double now_ms = at_ms;
    if (fixed.gate_target) {
      now_ms = world.work(at_ms, world.device_ms(table.gate_kmac, 0));
      const char letter = (*input.letters)[*fixed.gate_target];
      if (letter != '-') {
        tally.add(gate_kind(letter), !is_wrong(letter), now_ms - at_ms <= setup.deadline_ms);
        continue;
      }
    }
    const auto answered = answer_by(world, column, input.picture, now_ms, 0);
    tally.add(*kind, column.cells[input.picture].agrees, answered.at_ms - at_ms <= setup.deadline_ms);
  }
  return tally.outcome(world.spent(), setup.weights);
}

Result<ChoiceOutcome> simulate_choice(const ChoiceSetup& setup) {
  if (auto checked = check_setup(setup); !checked) return fail(checked.error());
  auto price = adapt::ErrorPrice::create({.target = setup.target});
  if (!price) return fail(price.error());
  for (const AnswerColumn& column : setup.table->columns) {
    if (const auto kind = parse_answer_kind(column.kind); !kind) return fail(kind.error());
  }
  auto lateness = adapt::ErrorPrice::create({.target = setup.kept_in_time});
  if (!lateness) return fail(lateness.error());
  return ChoosingRun(setup, *price, *lateness).run();
}

}  // namespace sluice::simulate
