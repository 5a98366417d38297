// bench_choice_answers: every way that the shipped bundles have of answering, on the same pictures, and what their gate does to frames: what
// `sluice simulate choice` chooses among. Prints the table that native/simulate/choice holds.
//   bench_choice_answers --bundles build/bundles --footage .deps/footage > native/simulate/choice/measured.csv
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <filesystem>

#include "native/arguments/checks.hpp"
#include "native/bench/choice/exit_answers.hpp"
#include "native/bench/choice/gate_answers.hpp"
#include "native/bench/choice/split_answers.hpp"
#include "native/bundle/class_names.hpp"
#include "native/eval/progress_line.hpp"
#include "native/eval/split/test_pictures.hpp"

namespace {

using namespace sluice;
using namespace sluice::bench;
namespace fs = std::filesystem;

struct MeasureOptions {
  fs::path bundles = "build/bundles";
  fs::path pictures;
  fs::path footage = ".deps/footage";
  std::uint32_t every = 4;
};

void print_column(const simulate::AnswerColumn& column) {
  std::printf("option,%s,%s,%u\n", column.name.c_str(), column.kind.c_str(), column.setting);
  for (std::size_t index = 0; index < column.costs.size(); ++index) {
    const simulate::AnswerCost& cost = column.costs[index];
    std::printf("cost,%s,%zu,%.0f,%.0f,%.0f,%.0f\n", column.name.c_str(), index, cost.device_kmac, cost.server_kmac,
                cost.device_us, cost.server_us);
  }
}

void print_cell(const simulate::AnswerCell& cell) {
  std::printf(",");
  if (cell.index > 0) std::printf("%u", cell.index);
  if (cell.bytes > 0) std::printf("/%u", cell.bytes);
  if (!cell.agrees) std::printf("!");
}

Result<void> print_gate(const MeasureOptions& options) {
  const auto bundle = bundle::read_bundle(options.bundles / "faces");
  if (!bundle) return fail(bundle.error());
  bool first = true;
  for (const char* set : {"test", "stream"}) {
    const fs::path data = options.footage / (std::string(set) == "stream" ? "stream.mp4" : set);
    const auto gate =
        measure_gate_answers(*bundle, data, [](std::size_t done, std::size_t of, const std::string& name) {
          std::fprintf(stderr, "%zu of %zu clips: %s\n", done, of, name.c_str());
        });
    if (!gate) return fail(gate.error());
    if (first) {
      std::printf("gate-cost,%.0f\ngate", gate->kmac);
      for (const double target : kGateTargets) std::printf(",%g", target);
      std::printf("\n");
    }
    first = false;
    for (const std::string& frame : gate->frames) std::printf("frame,%s,%s\n", set, frame.c_str());
  }
  return {};
}

Result<void> print_pictures(const MeasureOptions& options) {
  const auto exits = bundle::read_bundle(options.bundles / "cifar10-exits-vgg");
  if (!exits) return fail(exits.error());
  const auto split = bundle::read_bundle(options.bundles / "cifar10-split");
  if (!split) return fail(split.error());
  const auto* image = std::get_if<input::ImageSpec>(&split->manifest.model.input);
  if (image == nullptr) return fail(ErrorCode::kInvalidArgument, {"'", split->manifest.name, "' takes no pictures"});
  const auto names = bundle::read_class_names(options.bundles / "cifar10-split");
  if (!names) return fail(names.error());
  const auto pictures = eval::read_test_pictures(options.pictures, *image, *names);
  if (!pictures) return fail(pictures.error());
  auto columns = measure_exit_answers(*exits, pictures->test, options.every, eval::ProgressLine(stderr, "early exits"));
  if (!columns) return fail(columns.error());
  auto halves = measure_split_answers(*split, pictures->test, options.every, eval::ProgressLine(stderr, "halves"));
  if (!halves) return fail(halves.error());
  for (simulate::AnswerColumn& column : halves->columns) columns->push_back(std::move(column));
  for (const simulate::AnswerColumn& column : *columns) print_column(column);
  for (std::size_t i = 0; i < halves->guess_percent.size(); ++i) {
    std::printf("picture,%u", halves->guess_percent[i]);
    for (const simulate::AnswerColumn& column : *columns) print_cell(column.cells[i]);
    std::printf("\n");
  }
  return {};
}

Result<void> measure_all(const MeasureOptions& options) {
  std::printf("# Measured by bench_choice_answers --every %u, which says what stands here; native/bench/choice.\n",
              options.every);
  if (auto printed = print_gate(options); !printed) return printed;
  return print_pictures(options);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Every way of answering that the shipped bundles have, on the same pictures");
  MeasureOptions options;
  app.add_option("--bundles", options.bundles, "Folder of the bundles faces, cifar10-exits-vgg and cifar10-split")
      ->capture_default_str()
      ->check(CLI::ExistingDirectory);
  app.add_option("--pictures", options.pictures,
                 "A folder of pictures, a subfolder a class; default: the set-up's CIFAR-10");
  app.add_option("--footage", options.footage, "The set-up's footage: test/ and stream.mp4")
      ->capture_default_str()
      ->check(CLI::ExistingDirectory);
  app.add_option("--every", options.every, "Take every n-th picture")
      ->capture_default_str()
      ->check(sluice::arguments::whole_number(1, 1000));
  CLI11_PARSE(app, argc, argv);
  const auto measured = measure_all(options);
  if (measured) return 0;
  std::fprintf(stderr, "%s\n", describe(measured.error()).c_str());
  return 1;
}
