#include "native/simulate/selection/selection_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "native/arguments/checks.hpp"
#include "native/eval/progress_line.hpp"
#include "native/bundle/text_file.hpp"
#include "native/simulate/selection/selection_report.hpp"

namespace sluice::simulate {
namespace {

constexpr const char* kExamples =
    "Which variant of a model answers in time: MDInference's models and networks, its published figures beside what\n"
    "comes out here, then a server whose workers have queues, and recorded networks. Late answers are replaced by the\n"
    "small model's on the device.\n"
    "Examples:\n"
    "  The published figures, and the policy that ships under each condition:\n"
    "    sluice simulate selection\n"
    "  Every policy, on recorded networks too (files, or folders of them, of which --traces-each are taken):\n"
    "    sluice simulate selection --all --sla-ms 250 --traces traces/mahimahi --traces traces/fcc\n"
    "  One line of JSON:\n"
    "    sluice simulate selection --json | tail -n 1";

void print(std::FILE* out, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), out);
  std::fputc('\n', out);
}

}  // namespace

void add_selection_arguments(CLI::App& command, SelectionSimulation& simulation) {
  command
      .add_option("--sla-ms", simulation.slas_ms,
                  "Milliseconds from a request to its answer; several are tried one after the other")
      ->capture_default_str()
      ->check(arguments::number_between(0, 1e6));
  command.add_option("--load-per-s", simulation.loads_per_s, "Requests a second at the server with queues")
      ->capture_default_str()
      ->check(arguments::number_between(0, 1e6));
  command.add_option("--workers", simulation.workers, "Workers of the server with queues")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 1000));
  command.add_option("--traces", simulation.traces, "A recorded network, or a folder of them")
      ->check(CLI::ExistingPath);
  command.add_option("--traces-each", simulation.traces_each, "How many of a folder")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 10'000));
  command.add_option("--server", simulation.server, "Whose times the models have: p2 (a GPU) or c5")
      ->capture_default_str()
      ->check(CLI::IsMember({"p2", "c5"}));
  command.add_option("--requests", simulation.requests, "Requests under each condition")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 10'000'000));
  command.add_option("--seed", simulation.seed, "Of what is drawn at random")
      ->capture_default_str()
      ->check(arguments::whole_number(0, UINT32_MAX));
  command.add_flag("--all", simulation.all, "Print every policy under each condition");
  command.add_flag("--json", simulation.json, "End with one line of JSON");
  command.add_option("--plot", simulation.plot, "Draw accuracy and lateness into this SVG")->type_name("FILE");
  command.footer(kExamples);
}

Result<void> run_selection_simulation(const SelectionSimulation& simulation, std::FILE* out, std::FILE* log) {
  if (!simulation.plot.empty()) {
    if (auto writable = bundle::check_writable(simulation.plot); !writable) return writable;
  }
  SelectionPlan plan;
  plan.slas_ms = simulation.slas_ms;
  plan.loads_per_s = simulation.loads_per_s;
  plan.workers = simulation.workers;
  plan.gpu = simulation.server == "p2";
  plan.requests = simulation.requests;
  plan.seed = simulation.seed;
  for (const std::string& path : simulation.traces) {
    auto read = read_traces(path, simulation.traces_each);
    if (!read) return fail(read.error());
    if (read->skipped > 0) std::fprintf(log, "%s: %zu files are no network traces\n", path.c_str(), read->skipped);
    for (NetworkTrace& trace : read->traces) plan.traces.push_back(std::move(trace));
  }
  const auto table = check_published_table(simulation.requests, simulation.seed);
  print(out, published_report("Published: 11 models, network of 50 ms and 25 ms each way", table));
  print(out, published_report("Published: 23 models, the device's answer in place of late ones",
                              check_published_duplication(simulation.requests, simulation.seed)));
  print(out, published_report("Published: network of 100 ms, SLA 250 ms, by its variation",
                              check_published_variation(simulation.requests, simulation.seed)));
  const auto done = run_selection(plan, eval::ProgressLine(log, "conditions"));
  if (!done) return fail(done.error());
  if (simulation.all) {
    for (const ConditionOutcome& condition : *done) print(out, condition_report(condition));
  }
  print(out, front_report(*done));
  print(out, policies_report(*done));
  if (!simulation.plot.empty()) {
    if (auto written = bundle::write_text_file(simulation.plot, selection_plot(*done)); !written) return written;
  }
  if (simulation.json) print(out, selection_json(largest_error(table), *done));
  return {};
}

}  // namespace sluice::simulate
