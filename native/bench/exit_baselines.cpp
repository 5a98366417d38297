// Trains and measures the published baselines of early exits against a trained backbone, on CIFAR-10; prints one JSON object a point.
//   bench_exit_baselines --backbone vgg --backbone-model build/exits/model.onnx --cifar10 .deps/cifar10 --work build/exit-baselines
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "native/arguments/checks.hpp"
#include "native/train/exits/baselines/run_baselines.hpp"

namespace {

using sluice::train::exits::BackboneForm;
using sluice::train::exits::baselines::BaselineOptions;
namespace arguments = sluice::arguments;

void add_options(CLI::App& app, BaselineOptions& options, int& form) {
  app.add_option("--backbone", form, "What the backbone is: vgg or inception")
      ->required()
      ->transform(arguments::one_of(
          {{"vgg", static_cast<int>(BackboneForm::kVgg)}, {"inception", static_cast<int>(BackboneForm::kInception)}}))
      ->type_name("FORM");
  app.add_option("--backbone-model", options.backbone_model,
                 "The trained backbone, ONNX, as sluice fit --exits left it")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--cifar10", options.cifar10, "Folder of CIFAR-10's sheets (./dev setup --cifar10)")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--work", options.work, "Folder for checkpoints; a run goes on from it")->required();
  app.add_option("--out", options.out, "File for a line of JSON a point; those of other systems in it stay");
  app.add_option("--system", options.systems,
                 "Which to train and measure, separated by commas; default: all but flexdnn-joint")
      ->delimiter(',')
      ->type_name("NAME");
  app.add_option("--widths", options.widths, "Of the smaller backbones, against the published channels")
      ->delimiter(',')
      ->capture_default_str()
      ->check(arguments::number_above(0, 4));
  app.add_option("--joint-exits", options.joint_exits, "Of flexdnn-joint, separated by commas: PLACE=32+32, PLACE=")
      ->delimiter(',')
      ->type_name("EXIT");
  app.add_option("--epochs", options.epochs, "Of each training; 0: as many as each system comes with")
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
  CLI::App app("Baselines of early exits, trained and measured against one backbone");
  BaselineOptions options;
  int form = 0;
  add_options(app, options, form);
  CLI11_PARSE(app, argc, argv);
  options.form = static_cast<BackboneForm>(form);
  const auto points = sluice::train::exits::baselines::run_baselines(options, stderr);
  if (!points) {
    std::fprintf(stderr, "%s\n", describe(points.error()).c_str());
    return 1;
  }
  for (const auto& point : *points) std::printf("%s\n", to_json(point).c_str());
  return 0;
}
