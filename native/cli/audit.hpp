// Checks skipped frames: the full model sees them all the same, through a gate of its own that asks no filter, and the
// bundle's rule says whether its result is redundant. Keeps a few frames under way. One thread at a time.
#pragma once

#include <deque>
#include <future>
#include <memory>

#include "core/output/redundancy.hpp"
#include "native/cli/run_options.hpp"
#include "native/cli/tally.hpp"
#include "native/client/gate.hpp"

namespace sluice::cli {

class Audit {
 public:
  static Result<Audit> open(const std::filesystem::path& bundle, const RunOptions& options);

  void submit(const input::ImageView& skipped, Tally& tally);
  void finish(Tally& tally);  // waits for all results

 private:
  Audit(std::unique_ptr<client::Gate> gate, output::RedundancyRule rule)
      : gate_(std::move(gate)), rule_(std::move(rule)) {}
  void take_oldest(Tally& tally);

  std::unique_ptr<client::Gate> gate_;
  output::RedundancyRule rule_;
  std::deque<std::future<client::Outcome>> under_way_;
};

}  // namespace sluice::cli
