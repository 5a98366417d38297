#include "native/simulate/residency/residency_simulation.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "native/eval/progress_line.hpp"
#include "native/bundle/text_file.hpp"
#include "native/simulate/residency/measured_models.hpp"
#include "native/simulate/residency/simulated_policy.hpp"

namespace sluice::simulate {
namespace {

Result<std::vector<MeasuredModel>> measured_models(const std::filesystem::path& path) {
  if (!path.empty()) return read_models(path);
  return std::vector<MeasuredModel>(keras_models().begin(), keras_models().end());
}

std::vector<std::string> chosen_policies(const ResidencySimulation& simulation) {
  if (simulation.policies != std::vector<std::string>{"all"}) return simulation.policies;
  std::vector<std::string> names;
  for (auto& name : simulated_policies()) {
    // What knows the future knows it for one memory that sees every request.
    if (simulation.run.hosts == 1 || !needs_future(name)) names.push_back(std::move(name));
  }
  return names;
}

// Everything that is run over and over.
struct Setup {
  RequestTrace trace;
  std::vector<std::vector<SimulatedModel>> draws;
  std::vector<double> capacities;
  std::vector<std::pair<std::string, MakePolicy>> policies;
};

Result<void> add_policies(const ResidencySimulation& simulation, Setup& setup) {
  for (const auto& name : chosen_policies(simulation)) {
    if (simulation.run.hosts > 1 && needs_future(name)) {
      return fail(ErrorCode::kInvalidArgument,
                  {name, " knows the future of one host only; leave out --hosts or the policy"});
    }
    auto maker = policy_maker(name, simulation.policy, setup.trace);
    if (!maker) return fail(maker.error());
    if (auto made = (*maker)(); !made) return fail(made.error());
    setup.policies.emplace_back(name, std::move(*maker));
  }
  return {};
}

Result<void> prepare(const ResidencySimulation& simulation, Setup& setup) {
  for (const auto& text : simulation.capacities) {
    const auto capacity = read_capacity(text);
    if (!capacity) return fail(capacity.error());
    setup.capacities.push_back(*capacity);
  }
  const auto measured = measured_models(simulation.models);
  if (!measured) return fail(measured.error());
  AzureOptions azure = simulation.azure;
  ZipfOptions zipf = simulation.zipf;
  azure.seed = zipf.seed = simulation.seed;
  auto trace = simulation.trace.empty() ? make_zipf_trace(zipf) : read_azure_trace(simulation.trace, azure);
  if (!trace) return fail(trace.error());
  setup.trace = std::move(*trace);
  for (std::size_t draw = 0; draw < simulation.draws; ++draw) {
    setup.draws.push_back(draw_models(*measured, setup.trace.models, simulation.seed + draw));
  }
  return add_policies(simulation, setup);
}

void add(ResidencyRow& row, const RunResult& run, double weight) {
  row.load_s_per_request += weight * run.load_s_per_request();
  row.hit_rate += weight * run.hit_rate();
  row.wait_p50_s += weight * run.wait_p50_s;
  row.wait_p95_s += weight * run.wait_p95_s;
  row.wait_p99_s += weight * run.wait_p99_s;
  if (run.requests > 0)
    row.refused_share += weight * static_cast<double>(run.refused) / static_cast<double>(run.requests);
}

}  // namespace

Result<double> read_capacity(const std::string& text) {
  std::string_view number = text;
  if (number.ends_with('%')) number.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), percent);
  if (error == std::errc() && end == number.data() + number.size() && percent > 0 && percent <= 100) return percent;
  return fail(ErrorCode::kInvalidArgument,
              {"'", text, "' is no capacity; write a share of all models' bytes above 0% up to 100%"});
}

Result<ResidencyReport> simulate_residency(const ResidencySimulation& simulation, std::FILE* progress) {
  Setup setup;
  if (auto prepared = prepare(simulation, setup); !prepared) return fail(prepared.error());
  ResidencyReport report;
  report.source = !simulation.trace.empty() ? "azure" : simulation.zipf.drift_every > 0 ? "zipf with drift" : "zipf";
  report.requests = setup.trace.requests.size();
  report.models = setup.trace.models;
  const std::size_t runs = setup.capacities.size() * setup.policies.size() * setup.draws.size();
  eval::ProgressLine tell(progress, "simulated requests");
  std::size_t done = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const double capacity : setup.capacities) {
    for (const auto& [name, maker] : setup.policies) {
      ResidencyRow row{name, capacity, 0, 0, 0, 0, 0, 0};
      for (const auto& models : setup.draws) {
        RunOptions options = simulation.run;
        options.budget_bytes = static_cast<std::uint64_t>(capacity / 100 * static_cast<double>(total_bytes(models)));
        const auto run = run_residency(setup.trace, models, options, maker,
                                       [&](std::size_t requests) { tell(done + requests, runs * report.requests); });
        if (!run) return fail(run.error());
        add(row, *run, 1 / static_cast<double>(setup.draws.size()));
        done += report.requests;
      }
      report.rows.push_back(std::move(row));
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  report.requests_per_s = static_cast<double>(done) / std::max(took.count(), 1e-9);
  return report;
}

Result<void> run_residency_simulation(const ResidencySimulation& simulation, std::FILE* out, std::FILE* progress) {
  if (!simulation.plot.empty()) {
    if (auto writable = bundle::check_writable(simulation.plot); !writable) return writable;
  }
  const auto report = simulate_residency(simulation, progress);
  if (!report) return fail(report.error());
  std::fputs(residency_table(*report).c_str(), out);
  if (!simulation.plot.empty()) {
    if (auto written = bundle::write_text_file(simulation.plot, residency_plot(*report)); !written) return written;
  }
  if (simulation.json) std::fputs(residency_json(*report).c_str(), out);
  return {};
}

}  // namespace sluice::simulate
