#include "native/simulate/placement/placement_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "native/arguments/checks.hpp"
#include "native/eval/progress_line.hpp"
#include "native/bundle/text_file.hpp"
#include "native/simulate/placement/placement_report.hpp"

namespace sluice::simulate {
namespace {

constexpr const char* kExamples =
    "Shrink a photo on the device before it is sent, or at the server after: PieSlicer's choice, as released and as\n"
    "described, beside constant ones, online models and the oracle of the same run. Photos are really shrunk, encoded\n"
    "and decoded; a device is slower than this machine by --device-slowdown; networks are made up or recorded.\n"
    "Examples:\n"
    "  Photos that ./dev setup --photos unpacked, on networks that are made up:\n"
    "    sluice simulate placement --photos .deps/photos\n"
    "  Your own photos on recorded networks (files, or folders of them, of which --traces-each are taken):\n"
    "    sluice simulate placement --photos ~/Pictures --traces traces/mahimahi --all\n"
    "  One line of JSON:\n"
    "    sluice simulate placement --photos .deps/photos --json | tail -n 1";

void print(std::FILE* out, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), out);
  std::fputc('\n', out);
}

Result<std::vector<NetworkTrace>> networks_of(const PlacementSimulation& simulation, std::FILE* log) {
  auto networks = made_up_networks(simulation.seed);
  for (const std::string& path : simulation.traces) {
    auto read = read_traces(path, simulation.traces_each);
    if (!read) return fail(read.error());
    if (read->skipped > 0) std::fprintf(log, "%s: %zu files are no network traces\n", path.c_str(), read->skipped);
    for (NetworkTrace& trace : read->traces) networks.push_back(std::move(trace));
  }
  return networks;
}

}  // namespace

void add_placement_arguments(CLI::App& command, PlacementSimulation& simulation) {
  command.add_option("--photos", simulation.photos, "A folder of JPEG photos, with those in it; several are possible")
      ->required()
      ->check(CLI::ExistingDirectory);
  command.add_option("--pictures", simulation.pictures, "Pictures made out of the photos, in a skewed mix of sizes")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 100'000));
  command.add_option("--traces", simulation.traces, "A recorded network, or a folder of them")
      ->check(CLI::ExistingPath);
  command.add_option("--traces-each", simulation.traces_each, "How many of a folder")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 10'000));
  command
      .add_option("--device-slowdown", simulation.device_slowdowns,
                  "How many times slower than this machine the device is; several are possible")
      ->capture_default_str()
      ->check(arguments::number_from(0.01, 1000));
  command.add_option("--round-trip-ms", simulation.round_trip_ms, "Of the networks, beside what bytes take")
      ->capture_default_str()
      ->check(arguments::number_from(0, 10'000));
  command.add_option("--gap-s", simulation.gap_s, "Seconds between pictures")
      ->capture_default_str()
      ->check(arguments::number_from(0, 100'000));
  command
      .add_option("--requests", simulation.requests,
                  "Pictures sent on each network by each device; the first quarter is the test day")
      ->capture_default_str()
      ->check(arguments::whole_number(8, 10'000'000));
  command.add_option("--seed", simulation.seed, "Of what is drawn at random")
      ->capture_default_str()
      ->check(arguments::whole_number(0, UINT32_MAX));
  command.add_flag("--all", simulation.all, "Print every policy on each network");
  command.add_flag("--json", simulation.json, "End with one line of JSON");
  command.add_option("--plot", simulation.plot, "Draw decisions and times into this SVG")->type_name("FILE");
  command.footer(kExamples);
}

Result<void> run_placement_simulation(const PlacementSimulation& simulation, std::FILE* out, std::FILE* log) {
  if (!simulation.plot.empty()) {
    if (auto writable = bundle::check_writable(simulation.plot); !writable) return writable;
  }
  const auto networks = networks_of(simulation, log);
  if (!networks) return fail(networks.error());
  const auto pictures =
      measure_pictures(simulation.photos, {simulation.pictures, simulation.seed}, eval::ProgressLine(log, "pictures"));
  if (!pictures) return fail(pictures.error());
  print(out, pictures_report(*pictures));
  print(out, families_report(compare_families(*pictures)));
  PlacementPlan plan;
  plan.device_slowdowns = simulation.device_slowdowns;
  plan.round_trip_ms = simulation.round_trip_ms;
  plan.gap_s = simulation.gap_s;
  plan.requests = simulation.requests;
  plan.seed = simulation.seed;
  const auto outcomes = run_placement(*pictures, *networks, plan, eval::ProgressLine(log, "networks"));
  if (!outcomes) return fail(outcomes.error());
  if (simulation.all) {
    for (std::size_t i = 0; i + 1 < outcomes->size(); ++i) print(out, placement_report((*outcomes)[i]));
  }
  print(out, networks_report(*outcomes));
  print(out, placement_report(outcomes->back()));
  if (!simulation.plot.empty()) {
    if (auto written = bundle::write_text_file(simulation.plot, placement_plot(outcomes->back())); !written)
      return written;
  }
  if (simulation.json) print(out, placement_json(*outcomes));
  return {};
}

}  // namespace sluice::simulate
