#include "native/simulate/choice/choice_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fstream>
#include <iterator>

#include "native/arguments/checks.hpp"
#include "native/eval/progress_line.hpp"
#include "native/bundle/text_file.hpp"
#include "native/simulate/choice/choice_report.hpp"

namespace sluice::simulate {
namespace {

constexpr const char* kExamples =
    "Skip, reuse, leave at an exit, send features, a small picture or a whole one, run here: the one choice among all\n"
    "of them that keeps a deadline and a promise, beside the best that any single system could do. What options cost "
    "and\n"
    "get wrong is of the bundles that ship, measured picture by picture.\n"
    "Examples:\n"
    "  On networks that are made up:\n"
    "    sluice simulate choice\n"
    "  On recorded ones (files, or folders of them, of which --traces-each are taken), every family's best setting:\n"
    "    sluice simulate choice --traces traces/mahimahi --all --plot choice.svg\n"
    "  One line of JSON:\n"
    "    sluice simulate choice --target 0.98 --json | tail -n 1";

void print(std::FILE* out, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), out);
  std::fputc('\n', out);
}

Result<AnswerTable> table_of(const ChoiceArguments& arguments) {
  if (arguments.table.empty()) return parse_answer_table(shipped_answer_table());
  std::ifstream file(arguments.table, std::ios::binary);
  if (!file) return fail(ErrorCode::kIoError, {"cannot open ", arguments.table.string()});
  return parse_answer_table(std::string(std::istreambuf_iterator<char>(file), {}));
}

Result<ChoicePlan> plan_of(const ChoiceArguments& arguments, std::FILE* log) {
  ChoicePlan plan;
  plan.networks = made_up_links(arguments.seed);
  for (const std::string& path : arguments.traces) {
    auto read = read_traces(path, arguments.traces_each);
    if (!read) return fail(read.error());
    if (read->skipped > 0) std::fprintf(log, "%s: %zu files are no network traces\n", path.c_str(), read->skipped);
    for (NetworkTrace& trace : read->traces) plan.networks.push_back(std::move(trace));
  }
  plan.device_mac_per_us = arguments.device_mac_per_us;
  plan.server_loads = arguments.server_loads;
  plan.weights = usual_weights();
  plan.target = arguments.target;
  plan.deadline_ms = arguments.deadline_ms;
  plan.gap_ms = arguments.gap_ms;
  plan.round_trip_ms = arguments.round_trip_ms;
  plan.check_share = arguments.check_share;
  plan.inputs = arguments.inputs;
  plan.seed = arguments.seed;
  return plan;
}

}  // namespace

void add_choice_arguments(CLI::App& command, ChoiceArguments& arguments) {
  command.add_option("--table", arguments.table, "What options cost and get wrong (default: of the bundles that ship)")
      ->check(CLI::ExistingFile);
  command.add_option("--traces", arguments.traces, "A recorded network, or a folder of them")->check(CLI::ExistingPath);
  command.add_option("--traces-each", arguments.traces_each, "How many of a folder")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 10'000));
  command
      .add_option("--device-mac-per-us", arguments.device_mac_per_us,
                  "Multiply-adds that the device does in a microsecond; several are possible. A server does 20,000")
      ->capture_default_str()
      ->check(arguments::number_from(1, 1e6));
  command
      .add_option("--server-load", arguments.server_loads,
                  "Share of the server's time that others take; several are possible")
      ->capture_default_str()
      ->check(arguments::number_between(-1e-9, 1));
  command.add_option("--target", arguments.target, "Share of the answers that are the full model's")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1));
  command.add_option("--deadline-ms", arguments.deadline_ms, "From an input to its answer, for 19 of 20")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1e6));
  command.add_option("--gap-ms", arguments.gap_ms, "Between inputs")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1e6));
  command.add_option("--round-trip-ms", arguments.round_trip_ms, "Of the networks, beside what bytes take")
      ->capture_default_str()
      ->check(arguments::number_from(0, 10'000));
  command.add_option("--check-share", arguments.check_share, "Of the choice's answers that are compared")
      ->capture_default_str()
      ->check(arguments::number_from(0, 1));
  command.add_option("--inputs", arguments.inputs, "Inputs under each condition")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 10'000'000));
  command.add_option("--seed", arguments.seed, "Of what is drawn at random")
      ->capture_default_str()
      ->check(arguments::whole_number(0, UINT32_MAX));
  command.add_flag("--all", arguments.all, "Print every family's best setting under each condition");
  command.add_flag("--json", arguments.json, "End with one line of JSON");
  command.add_option("--plot", arguments.plot, "Draw the costs into this SVG")->type_name("FILE");
  command.footer(kExamples);
}

Result<void> run_choice_simulation(const ChoiceArguments& arguments, std::FILE* out, std::FILE* log) {
  if (!arguments.plot.empty()) {
    if (auto writable = bundle::check_writable(arguments.plot); !writable) return writable;
  }
  const auto table = table_of(arguments);
  if (!table) return fail(table.error());
  const auto plan = plan_of(arguments, log);
  if (!plan) return fail(plan.error());
  print(out, answers_report(*table));
  const auto conditions = run_choice(*table, *plan, eval::ProgressLine(log, "networks, devices and loads"));
  if (!conditions) return fail(conditions.error());
  if (arguments.all) {
    for (const ChoiceCondition& condition : *conditions) print(out, condition_families(condition));
  }
  print(out, choice_report(*conditions, *plan));
  if (!arguments.plot.empty()) {
    if (auto written = bundle::write_text_file(arguments.plot, choice_plot(*conditions)); !written) return written;
  }
  if (arguments.json) print(out, choice_json(*conditions, *plan));
  return {};
}

}  // namespace sluice::simulate
