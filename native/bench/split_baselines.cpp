// Trains and measures the published baselines of split inference against the full model of a bundle, on CIFAR-10; prints one JSON
// object a point.
//   bench_split_baselines --model bundles/cifar10-split/model.onnx --cifar10 .deps/cifar10 --work build/baselines
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "native/arguments/checks.hpp"
#include "native/train/splitnet/baselines/run_baselines.hpp"

namespace {

using sluice::train::splitnet::baselines::BaselineOptions;
namespace arguments = sluice::arguments;

void add_options(CLI::App& app, BaselineOptions& options) {
  app.add_option("--model", options.model, "The full model, ONNX; takes pictures of -1..1, red first")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--cifar10", options.cifar10, "Folder of CIFAR-10's sheets (./dev setup --cifar10)")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--work", options.work, "Folder for checkpoints; a run goes on from it")->required();
  app.add_option("--out", options.out, "File for a line of JSON a point; those of other systems in it stay");
  app.add_option("--system", options.systems, "Which to train and measure, separated by commas; default: all")
      ->delimiter(',')
      ->type_name("NAME");
  app.add_option("--channels", options.channels, "Of DeepCOD's encoder, an operating point each")
      ->delimiter(',')
      ->check(arguments::whole_number(1, 48));
  app.add_option("--export", options.export_deepcod, "Folder for DeepCOD's networks, as sluice eval runs them");
  app.add_option("--epochs", options.epochs, "Of each stage of each training; 0: as many as each system comes with")
      ->capture_default_str()
      ->check(arguments::whole_number(0, 100'000));
  app.add_option("--samples", options.samples, "Pictures of the test split")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 10'000));
  app.add_option("--training-pictures", options.training_pictures, "Of the training split; one in ten is kept back")
      ->capture_default_str()
      ->check(arguments::whole_number(200, 50'000));
  app.add_option("--threads", options.threads, "Of LibTorch")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 256));
  app.add_option("--checkpoint-s", options.checkpoint_s, "Seconds between checkpoints")
      ->capture_default_str()
      ->check(arguments::number_above(0, 86'400));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Baselines of split inference, trained and measured against one full model");
  BaselineOptions options;
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  const auto points = sluice::train::splitnet::baselines::run_baselines(options, stderr);
  if (!points) {
    std::fprintf(stderr, "%s\n", describe(points.error()).c_str());
    return 1;
  }
  for (const auto& point : *points) std::printf("%s\n", to_json(point).c_str());
  return 0;
}
