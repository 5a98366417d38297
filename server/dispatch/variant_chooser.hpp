// Which form of its model a request gets: the model itself, or a variant that its sender accepts, by MDInference's rules
// (core/adapt/selection) with what the request has left, its way back, what each form's runs took, and how long one that is not in memory
// would have to be waited for. Keeps the price of a worker's time. Not synchronised: under the dispatcher's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "core/adapt/selection/load_price.hpp"
#include "core/adapt/selection/selection.hpp"
#include "core/base/time.hpp"
#include "server/dispatch/job.hpp"

namespace sluice::server {

struct ChoiceOptions {
  // nullopt: always the model itself.
  std::optional<adapt::SelectionRule> rule = adapt::SelectionRule::kExpectedAccuracy;
  bool probabilistic = false;  // ModiPick's draw in place of the rule
  std::uint32_t workers = 1;
  std::uint64_t seed = 1;  // of the draw
};
// "off", "mdinference", "expected"; nullopt for others, and then `rule` means nothing.
bool find_selection(std::string_view name, ChoiceOptions& options);

class VariantChooser {
 public:
  explicit VariantChooser(const ChoiceOptions& options);

  // The form of job.served, which waits `queue` for a worker from now on. `resident_only`: of those in memory, or the one that it has
  // now where none is.
  std::size_t choose(const Job& job, Instant now, Duration queue, bool resident_only);
  // A run of the job's form begins, or took so long.
  void begins(const Job& job, Instant now);
  static void took(const Job& job, Duration run);

 private:
  bool may_choose(const Job& job) const;

  const ChoiceOptions options_;
  adapt::LoadPrice price_;
  std::mt19937_64 random_;
  std::vector<adapt::Variant> variants_;  // of the job at hand
  std::vector<std::size_t> forms_;        // which those are
};

}  // namespace sluice::server
