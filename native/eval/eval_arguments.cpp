#include "native/eval/eval_arguments.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "native/arguments/checks.hpp"

namespace sluice::eval {

void add_eval_arguments(CLI::App& command, EvalOptions& options) {
  command.add_option("name", options.name, "Name of the bundle")->required();
  command.add_option("--bundle", options.bundle, "The bundle's folder (default: build/bundles/NAME)");
  auto* data =
      command.add_option("--data", options.data, "Footage to measure on (default: the test split in .deps/footage)");
  command.add_flag("--stream", options.stream, "Measure on the sample stream")->excludes(data);
  command.add_option("--target", options.target, "Agreement asked for, above 0 and below 1")
      ->capture_default_str()
      ->check(arguments::number_between(0, 1));
  command.add_option("--every", options.every, "Every n-th frame of a video")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 100'000));
  command.add_option("--baselines", options.baselines, "Settings of the baselines, chosen on the calibration split")
      ->check(CLI::ExistingFile);
  command.add_option("--plot", options.plot, "Draw what each calibrated target kept, skipped and reused into this SVG");
  command.add_flag("--json", options.json, "End with one line of JSON");
}

}  // namespace sluice::eval
