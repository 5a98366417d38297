#include "native/eval/append_format.hpp"
#include "native/simulate/residency/residency_simulation.hpp"
#include "native/simulate/residency/simulated_policy.hpp"

namespace sluice::simulate {

std::string residency_table(const ResidencyReport& report) {
  std::string text;
  eval::append_format(text, "%zu requests to %zu models (%s), %.0f simulated requests a second\n", report.requests,
                      report.models, report.source.c_str(), report.requests_per_s);
  double capacity = 0;
  for (const auto& row : report.rows) {
    if (row.capacity_percent != capacity) {
      capacity = row.capacity_percent;
      eval::append_format(text, "\nmemory for %g %% of the models' bytes\n", capacity);
      text += "  policy               load s/request  hit rate  added wait p50    p95    p99 s\n";
    }
    eval::append_format(text, "  %-20s %14.3f  %7.1f %%  %14.2f %6.2f %6.2f\n", row.policy.c_str(),
                        row.load_s_per_request, 100 * row.hit_rate, row.wait_p50_s, row.wait_p95_s, row.wait_p99_s);
    if (row.refused_share > 0)
      eval::append_format(text, "    %.1f %% of the requests were for models that can't fit\n",
                          100 * row.refused_share);
  }
  for (const auto& row : report.rows) {
    if (!needs_future(row.policy)) continue;
    text += "\nbelady and cremebrulee-oracle know the future: bounds, not policies.\n";
    break;
  }
  return text;
}

}  // namespace sluice::simulate
