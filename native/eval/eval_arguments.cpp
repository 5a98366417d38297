#include "native/eval/eval_arguments.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "native/arguments/checks.hpp"

namespace sluice::eval {
namespace {

constexpr const char* kEvalExamples =
    "Measures bundles about pictures whose results are detections on footage, and classifiers in two halves or with "
    "early\n"
    "exits on pictures.\n"
    "Examples:\n"
    "  The bundle that ships, on the test split, which ./dev setup fetched into .deps/footage of the source tree:\n"
    "    sluice eval faces\n"
    "  Your own bundle on your own videos, every tenth frame, and what each target kept as a picture:\n"
    "    sluice eval mine --bundle bundles/mine --data videos/ --every 10 --plot mine.svg\n"
    "  A classifier in two halves on CIFAR-10's test split (./dev setup --cifar10), and yours on your pictures, a "
    "subfolder\n"
    "  for each class:\n"
    "    sluice eval cifar10-split --every 10\n"
    "    sluice eval mine --bundle bundles/mine --data pictures/\n"
    "  Classifiers with early exits, all bundles of a name (cifar10-exits-vgg, cifar10-exits-inception) beside other "
    "systems:\n"
    "    sluice eval cifar10-exits --plot exits.svg\n"
    "  What the gate saves where it learns its stream, on your videos:\n"
    "    sluice eval faces --live --data videos/ --plot live.svg\n"
    "  One line of JSON at another target:\n"
    "    sluice eval faces --target 0.95 --json | tail -n 1";

}  // namespace

void add_eval_arguments(CLI::App& command, EvalOptions& options) {
  command.add_option("name", options.name, "Name of the bundle")->required();
  command.add_option("--bundle", options.bundle, "The bundle's folder (default: build/bundles/NAME)");
  auto* data = command.add_option(
      "--data", options.data,
      "Footage to measure on; for a model in two halves or with early exits a folder with a subfolder of pictures for "
      "each class "
      "(default: the test split in .deps)");
  command.add_flag("--stream", options.stream, "Measure on the sample stream")->excludes(data);
  command.add_option("--target", options.target, "Agreement asked for, above 0 and below 1. Default: the bundle's own")
      ->check(arguments::number_between(0, 1));
  command
      .add_option("--every", options.every,
                  "Every n-th frame of a video, or every n-th picture (then without other systems, which saw all)")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 100'000));
  command
      .add_option(
          "--baselines", options.baselines,
          "Settings of the baselines, chosen on the calibration split; for a model in two halves or with early\n"
          "exits other systems' points, a line of JSON each (of exits also a folder of them)")
      ->check(CLI::ExistingPath);
  command.add_option(
      "--plot", options.plot,
      "Draw what each calibrated target kept, skipped and reused into this SVG; of a model in two halves or\n"
      "with early exits how often it and other systems are right, by bytes or by what an input costs");
  command.add_option("--wasm-program", options.wasm_program, "What times early exits in WebAssembly, under Node.js")
      ->capture_default_str();
  command.add_flag("--drift", options.drift,
                   "Of a model with early exits: also on pictures made darker, flatter, noisy and blurred");
  command
      .add_option("--device-slowdown", options.device_slowdown,
                  "Of a model with a cut: how many times what this machine takes a device takes for its part")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1e4));
  auto* live = command.add_flag(
      "--live", options.live,
      "Of a bundle with a SKIP filter: keep the target live on streams composed of the footage, by the "
      "real client with audits,\nbeside the calibrated thresholds; at --target, or at 0.9 and 0.95");
  command.add_option("--streams", options.streams, "How many, with --live")
      ->capture_default_str()
      ->needs(live)
      ->check(arguments::whole_number(1, 10'000));
  command.add_option("--stream-frames", options.stream_frames, "Frames of each, with --live")
      ->capture_default_str()
      ->needs(live)
      ->check(arguments::whole_number(100, 1'000'000));
  command.add_flag("--no-reuse", options.no_reuse, "With --live: SKIP alone")->needs(live);
  command.add_flag("--json", options.json, "End with one line of JSON");
  command.footer(kEvalExamples);
}

}  // namespace sluice::eval
