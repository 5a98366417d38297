// What a client that chooses knows, and the options that follow from it: its link by its own messages and pings, the server's queue by what
// answers told, how far expected errors are off by the answers it had compared. One thread at a time; borrows what it is made from.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "core/adapt/choice/error_correction.hpp"
#include "core/adapt/estimate/link_estimate.hpp"
#include "core/adapt/estimate/residual_quantile.hpp"
#include "native/simulate/choice/choice_simulation.hpp"

namespace sluice::simulate {

class ChoosingClient {
 public:
  ChoosingClient(const ChoiceSetup& setup, const ChoiceWorld& world);

  // Whatever has come back by then is known.
  void catch_up(double now_ms);
  // A message was sent; `checks`: an answer of this kind that was expected to be wrong so often, and whether it was.
  struct Check {
    adapt::AnswerKind kind = adapt::AnswerKind::kSkip;
    double expected = 0;
    bool wrong = false;
  };
  void sent(double bytes, const RoundTrip& trip, std::optional<Check> checks = std::nullopt);
  void compared(const Check& check);
  double last_sent_ms() const { return last_sent_ms_; }

  // Every option of the table by these estimates, begun now. `half_done`: the device half has run, and costs nothing any more.
  void add_options(double now_ms, const std::vector<AnswerEstimate>& estimates, bool half_done,
                   std::vector<adapt::AnswerOption>& options) const;
  double corrected(adapt::AnswerKind kind, double error) const {
    return corrections_[static_cast<std::size_t>(kind)].corrected(error);
  }

 private:
  adapt::TimeEstimate remote_time(double now_ms, double bytes, double server_ms) const;

  struct UnderWay {
    double bytes = 0;
    RoundTrip trip;
    std::optional<Check> check;
  };
  const ChoiceSetup& setup_;
  const ChoiceWorld& world_;
  std::vector<adapt::AnswerKind> kinds_;  // by option
  adapt::LinkEstimate link_;
  adapt::ResidualQuantile queue_ms_;  // of the last answers
  double queue_mean_ms_ = 0;
  std::array<adapt::ErrorCorrection, adapt::kAnswerKinds> corrections_;
  std::deque<UnderWay> under_way_;
  double last_sent_ms_ = 0;
};

}  // namespace sluice::simulate
