#include "native/simulate/residency/residency_arguments.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "native/arguments/checks.hpp"
#include "native/simulate/residency/simulated_policy.hpp"

namespace sluice::simulate {
namespace {

constexpr const char* kExamples =
    "A host has memory for some of its models; a request for another waits until that is loaded, and others must go. "
    "Which?\n"
    "Each policy replays the same requests; `utility` is what the server runs. Loads cost what the models' profile "
    "says.\n"
    "Examples:\n"
    "  Popular models among 200, twenty thousand requests, popularity dealt anew every two thousand:\n"
    "    sluice simulate residency --drift 2000\n"
    "  A day of Azure Functions (azurepublicdataset, 2019), each function a model, and a picture of the result:\n"
    "    sluice simulate residency --trace invocations_per_function_md.anon.d01.csv --plot loads.svg\n"
    "  How long requests wait when four hosts do one thing at a time, on a tenth of the requests:\n"
    "    sluice simulate residency --trace days/ --keep 0.1 --timing serial --hosts 4 --capacity 25% --policy "
    "utility,gdsf,lru\n"
    "  One line of JSON last:\n"
    "    sluice simulate residency --capacity 10%,25%,50% --policy all --json | tail -n 1";

void add_requests(CLI::App& command, ResidencySimulation& simulation) {
  auto* trace = command
                    .add_option("--trace", simulation.trace,
                                "Invocations a minute by function, as in the Azure Functions trace of 2019: a .csv\n"
                                "file, or a folder of days (default: made-up requests)")
                    ->type_name("FILE|DIR")
                    ->check(CLI::ExistingPath);
  command
      .add_option(
          "--functions", simulation.azure.part,
          "Which functions of the trace: all, even or odd, so that what is tuned on one half is tried on the other")
      ->type_name("PART")
      ->transform(arguments::one_of({{"all", 0}, {"even", 1}, {"odd", 2}}))
      ->needs(trace);
  command
      .add_option("--popular", simulation.azure.popular_quantile,
                  "Leaves out functions called more often than this quantile")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1))
      ->needs(trace);
  command.add_option("--keep", simulation.azure.keep_share, "Share of the trace's requests that is replayed")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1))
      ->needs(trace);
  command.add_option("--models", simulation.zipf.models, "Models that made-up requests are for")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 1'000'000))
      ->excludes(trace);
  command.add_option("--requests", simulation.zipf.requests, "How many are made up")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 100'000'000))
      ->excludes(trace);
  command.add_option("--zipf", simulation.zipf.exponent, "Exponent of their popularity")
      ->capture_default_str()
      ->check(arguments::number_from(0, 10))
      ->excludes(trace);
  command.add_option("--rate", simulation.zipf.requests_per_s, "Made-up requests a second")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1e6))
      ->excludes(trace);
  auto* drift =
      command.add_option("--drift", simulation.zipf.drift_every, "Popularity changes after each so many of them")
          ->type_name("REQUESTS")
          ->check(arguments::whole_number(1, 100'000'000))
          ->excludes(trace);
  command
      .add_option("--drift-kind", simulation.zipf.drift,
                  "How: permute (dealt anew) or window (a little further each time)")
      ->type_name("KIND")
      ->transform(arguments::one_of({{"permute", 0}, {"window", 1}}))
      ->needs(drift);
}

void add_hosts(CLI::App& command, ResidencySimulation& simulation) {
  command.add_option("--capacity", simulation.capacities, "Memory, as shares of the bytes of all models")
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("PERCENT,...");
  command.add_option("--hosts", simulation.run.hosts, "Hosts that share the memory equally")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 4096));
  command
      .add_option("--timing", simulation.run.timing,
                  "instant: loads cost but take no time, so the requests alone decide; concurrent: loads and runs\n"
                  "beside each other; serial: a host does one thing at a time, as CremeBrulee's do")
      ->type_name("TIMING")
      ->transform(arguments::one_of({{"instant", 0}, {"concurrent", 1}, {"serial", 2}}));
  command.add_option("--loads", simulation.run.residency.max_concurrent_loads, "Loads at once on a host")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 1000));
  command
      .add_option_function<std::uint64_t>(
          "--min-residency-ms",
          [&simulation](std::uint64_t ms) { simulation.run.residency.min_residency = std::chrono::milliseconds(ms); },
          "How long a model stays at least once loaded (default: 0)")
      ->check(arguments::whole_number(0, 86'400'000));
  command
      .add_option("--profile", simulation.models,
                  "Models to draw from: a file of lines name,load_s,run_s,bytes (default: 26 Keras models)")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command.add_option("--draws", simulation.draws, "How often each function draws its model; figures are means")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 1000));
  command.add_option("--seed", simulation.seed, "Of what is random")
      ->capture_default_str()
      ->check(arguments::whole_number(0, 1'000'000'000));
}

std::string policy_text() {
  std::string text = "all, or some of: ";
  const char* between = "";
  for (const auto& name : simulated_policies()) append_text(text, {std::exchange(between, ", "), name});
  return text;
}

}  // namespace

void add_residency_arguments(CLI::App& command, ResidencySimulation& simulation) {
  simulation.run.residency.min_residency = Duration::zero();
  add_requests(command, simulation);
  add_hosts(command, simulation);
  command.add_option("--policy", simulation.policies, policy_text())
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("NAME,...");
  command
      .add_option_function<double>(
          "--half-life-s",
          [&simulation](double seconds) {
            simulation.policy.popularity_half_life = Duration(static_cast<Duration::rep>(seconds * 1e6));
          },
          "Half life of popularity in utility and lfu (default: the server's)")
      ->check(arguments::number_from(0.001, 1e9));
  command.add_flag("--json", simulation.json, "Print one line of flat JSON last");
  command.add_option("--plot", simulation.plot, "Draw load seconds a request into this SVG")->type_name("FILE");
  command.footer(kExamples);
}

}  // namespace sluice::simulate
