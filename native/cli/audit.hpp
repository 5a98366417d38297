// Checks what the gate answered by itself, skipped and reused frames alike: the full model sees them all the same, through a gate of
// its own that asks no question, and the bundle's `agree_when` says whether its result agrees with the answer. Keeps a few frames
// under way. One thread at a time.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "core/output/agreement.hpp"
#include "native/cli/run_options.hpp"
#include "native/cli/tally.hpp"
#include "native/client/gate.hpp"

namespace sluice::cli {

class Audit {
 public:
  static Result<Audit> open(const std::string& bundle, const RunOptions& options);

  // Asked now and then while a result is waited for; once it says no, what is under way counts as not checked.
  using GoesOn = std::function<bool()>;

  // `outputs` of the gate's answer; a skipped frame has none. Waits for room.
  void submit(const input::ImageView& picture, std::vector<output::OutputTensor> outputs, Tally& tally,
              const GoesOn& goes_on);
  void finish(Tally& tally, const GoesOn& goes_on);  // waits for all results

 private:
  struct Check {
    std::future<client::Outcome> full;
    std::vector<output::OutputTensor> answered;
  };

  Audit(std::unique_ptr<client::Gate> gate, const output::Agreement& agreement)
      : gate_(std::move(gate)), agreement_(agreement) {}
  void take_oldest(Tally& tally, const GoesOn& goes_on);

  std::unique_ptr<client::Gate> gate_;
  output::Agreement agreement_;
  std::deque<Check> under_way_;
};

}  // namespace sluice::cli
