// The one choice, live: for an input that is there, and again as it goes on, which of all the answers that a bundle and a client have is taken:
// none, an earlier one, an early exit's, features for the server's half, a small, a whole input or a file for the server's model, the model
// here. Each comes with its expected time (form_predictor.hpp, and what came of inputs that went the same way before), bytes, work here and
// there, and error (expected_errors.hpp, corrected by every answer that was compared with the full model's). adapt::choose() takes the cheapest
// that is in time and that the promise allows, at the present price of an error and of being late (adapt::ErrorPrice, one of each a client).
//
// The mean of expected errors stays within what the target allows after any number of inputs: an answer counts when it is chosen, and so much of
// the price's queue as inputs under way may still take is left to them. Answers by the full model, wherever it runs and in whatever form of
// payload that the bundle's bounds allow, count as right: pictures are shrunk to the size that the model takes, by the same resampling.
//
// How going on will end, behind an exit or from the start, is learned from the inputs that did: their work, bytes and expected errors, in the
// mean, begun with what the bundle promises and a share of the model's time. A way that was never tried is tried, a few
// times where its beginning does not tell its end, where it may be in time and the promise allows it; so is one that was not taken for long.
// One choice looks at each answer once and allocates nothing; deterministic: what it learns from is in the decision log. One thread at a time.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/adapt/choice/choice.hpp"
#include "core/adapt/choice/error_correction.hpp"
#include "core/adapt/choice/error_price.hpp"
#include "core/pipeline/client_options.hpp"
#include "core/pipeline/expected_errors.hpp"
#include "core/pipeline/form_predictor.hpp"
#include "core/pipeline/route.hpp"

namespace sluice::pipeline {

// A question's answer that is not taken yet.
struct HeldAnswer {
  adapt::AnswerKind kind = adapt::AnswerKind::kSkip;
  double error = 1;  // expected by the bundle's points, not corrected
};

// What the choice remembers of an input under way.
struct ChosenInput {
  static constexpr std::size_t kMostVisits = 16;
  struct Visit {
    std::uint32_t place = 0;
    double device_ms = 0;  // spent by then
  };

  bool counted = false;     // its expected error is reserved
  double expected = 0;      // error of the answer that is to come, corrected
  double at_hand = 1;       // of the one that is there already
  double at_hand_raw = 1;   // as the bundle has it
  Form form = Form::kHere;  // that it began in
  bool left = false;        // it has left that
  std::array<Visit, kMostVisits> visits;
  std::size_t visit_count = 0;
};

// What an input takes from now on.
struct AnswerChoice {
  adapt::AnswerKind kind = adapt::AnswerKind::kSendWhole;
  Route* route = nullptr;  // nullptr: a held answer, or the one at hand
  FormSetting setting;
  std::uint64_t bytes = 0;
};

// How an input ended.
struct ChosenEnd {
  AnswerKind kind = AnswerKind::kRemote;
  bool stopgap = false;
  float variant_agreement = 1;  // of a variant that answered in the model's place
};

class AnswerChooser {
 public:
  // What is out of its range counts as the nearest that is not; weights that are no amounts as the usual ones.
  AnswerChooser(const Manifest& manifest, const ClientOptions& options);

  // The accuracy target, from which on the promise is kept anew.
  void set_target(float target);

  // Of a question of the manifest, by its place there, that would answer at this score.
  HeldAnswer held(std::size_t question, AnswerKind kind, float score) const;

  // Chooses among `held` answers and what `routes` offer; nullopt where nothing is to be had, or nothing but what the promise does not allow.
  std::optional<AnswerChoice> choose(const PlacedInput& input, std::span<const HeldAnswer> held,
                                     std::span<Route* const> routes, const RemoteRoute* remote, Instant now,
                                     ChosenInput& state, PlacementRecord& record);
  // Again, half-way on a route: what there is, going on, or what `others` offer. `spent`: the work here so far.
  OnwardChoice half_way(const PlacedInput& input, Route& on, const HalfWay& there, Duration spent,
                        std::span<Route* const> others, const RemoteRoute* remote, Instant now, ChosenInput& state,
                        PlacementRecord& record);

  void made(const PlacedInput& input, const FormSetting& setting, std::size_t bytes, Duration took) {
    predictor_.made(input, setting, bytes, took);
  }
  void answered(const PlacedInput& input, const FormSetting& setting, const PlacementRecord* record, const Cost& cost,
                const ChosenEnd& end, Instant now, ChosenInput& state);
  // It ended without an answer; `late`: since none came in time.
  void ended(ChosenInput& state, bool late);
  // An answer of this kind, expected to be wrong so often by the bundle, was held against the full model's: the seam for audits, too.
  void compared(adapt::AnswerKind kind, double expected, bool wrong);

  const adapt::ErrorPrice& price() const { return price_; }
  const adapt::CostWeights& weights() const { return weights_; }

 private:
  // What inputs that went on from there came to, in the mean.
  struct Onwards {
    double inputs = 0;
    double sent = 0;  // of them
    double device_ms = 0;
    double high_device_ms = 0;
    double sent_share = 0;
    double bytes = 0;      // of those that sent
    double server_ms = 0;  // of those
    double error = 0;
  };
  struct Option {
    AnswerChoice choice;
    bool goes_on = false;
    bool is_tried = true;
  };
  struct Options {
    std::array<adapt::AnswerOption, kMostConsidered> answers;
    std::array<Option, kMostConsidered> list;
    std::size_t count = 0;
    void add(const adapt::AnswerOption& answer, const Option& option);
  };

  double corrected(adapt::AnswerKind kind, double error) const;
  Onwards* onwards_of(Form form, std::size_t from);
  Onwards onwards_from(Form form, std::size_t from) const;
  void learn_onwards(const ChosenInput& state, const Cost& cost, double error);
  void add_held(std::span<const HeldAnswer> held, Options& options) const;
  void add_ways(const PlacedInput& input, std::span<Route* const> routes, const RemoteRoute* remote, Instant now,
                Options& options) const;
  void add_features(const PlacedInput& input, FormWay way, const RemoteRoute* remote, Instant now,
                    Options& options) const;
  void add_onwards(const PlacedInput& input, const FormWay& way, const Onwards& onwards, const RemoteRoute* remote,
                   Instant now, bool goes_on, Options& options) const;
  void add_half(const PlacedInput& input, Route& on, const HalfWay& there, Duration spent, const RemoteRoute* remote,
                Instant now, ChosenInput& state, Options& options);
  std::optional<std::size_t> take(const PlacedInput& input, Instant now, const Options& options, ChosenInput& state,
                                  PlacementRecord& record);
  bool is_stale(const Option& option) const;
  void reserve(ChosenInput& state, double error);
  void settle(ChosenInput& state);

  FormPredictor predictor_;
  adapt::CostWeights weights_;
  float kept_in_time_;
  adapt::ErrorPrice price_;
  adapt::ErrorPrice lateness_;
  double pending_errors_ = 0;  // of inputs under way
  std::array<adapt::ErrorCorrection, adapt::kAnswerKinds> corrections_;

  std::vector<ScoreErrors> scores_;  // by question
  std::optional<ExitErrors> exits_;
  std::optional<ExitErrors> cut_;
  std::vector<ExitPoint> cut_points_;
  std::vector<std::pair<std::uint32_t, double>> channels_;  // of the halves' points, and their mean errors
  double guess_error_ = 1;
  GuessErrors guesses_;
  std::vector<double> channel_bytes_;  // by point; 0: not known
  std::vector<Onwards> here_;          // of exits here: from the start, then from each place
  std::vector<Onwards> stages_;        // up to the cut
  std::size_t places_ = 0;
  std::array<std::uint32_t, kForms> tries_{};     // inputs that began so
  std::array<std::uint64_t, kForms> begun_at_{};  // the last of them
  std::uint64_t inputs_ = 0;
  double target_error_ = 0.1;
  double cut_error_ = 0.1;
};

}  // namespace sluice::pipeline
