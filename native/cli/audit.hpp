// Checks what the gate answered by itself, skipped and reused frames alike: the full model sees them all the same, through a gate of
// its own that asks no question, and the bundle's `agree_when` says whether its result agrees with the answer. Keeps a few frames
// under way. One thread at a time.
#pragma once

#include <deque>
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
  static Result<Audit> open(const std::filesystem::path& bundle, const RunOptions& options);

  // `outputs` of the gate's answer; a skipped frame has none.
  void submit(const input::ImageView& picture, std::vector<output::OutputTensor> outputs, Tally& tally);
  void finish(Tally& tally);  // waits for all results

 private:
  struct Check {
    std::future<client::Outcome> full;
    std::vector<output::OutputTensor> answered;
  };

  Audit(std::unique_ptr<client::Gate> gate, const output::Agreement& agreement)
      : gate_(std::move(gate)), agreement_(agreement) {}
  void take_oldest(Tally& tally);

  std::unique_ptr<client::Gate> gate_;
  output::Agreement agreement_;
  std::deque<Check> under_way_;
};

}  // namespace sluice::cli
