#include "native/eval/variants/variants_arguments.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "native/arguments/checks.hpp"

namespace sluice::eval {
namespace {

constexpr const char* kVariantsHelp =
    "A variant is another form of the bundle's model, smaller or quicker: the same input, the same outputs by the "
    "same\n"
    "names, other weights. A server answers with one where the model would be late and the request accepts its "
    "agreement\n"
    "(sluice run --least-agreement 0.9); with --stand-in NAME a client runs one beside a request that may be late.\n"
    "The pictures of --data are run through the model and every variant, in turn. What is written as a variant's "
    "agreement\n"
    "is not how often it agreed there, but the least share that those pictures prove: 5000 that agree on 90 % prove "
    "89.3 %.\n"
    "Take pictures that no variant was trained on, and others for --test, which shows whether what was written holds.\n"
    "Of a video all frames are near copies and count as one picture; several videos are needed.\n"
    "An added variant that another one, or the model, beats in time and agreement is left out. Nothing else of the "
    "bundle\n"
    "changes, its version neither; it is replaced in one step, so that a run that is stopped leaves the old one "
    "whole.\n"
    "Examples:\n"
    "  Two smaller networks for a bundle of yours, into a new folder:\n"
    "    sluice variants mine/ --add small=small.onnx --add tiny=tiny.onnx --data pictures/ --test others/ --out "
    "mine-2/\n"
    "  Those that a bundle has, measured anew on this machine, without changing it:\n"
    "    sluice variants cifar10-exits-vgg --data .deps/cifar10 --dry-run\n"
    "  One variant less, and one line of JSON:\n"
    "    sluice variants mine/ --remove tiny --data pictures/ --json | tail -n 1";

}  // namespace

void add_variants_arguments(CLI::App& command, VariantsOptions& options) {
  command.add_option("bundle", options.name, "Folder or name of the bundle")->required()->type_name("BUNDLE");
  command
      .add_option(
          "--data", options.data,
          "Pictures that the written agreement rests on: a folder of pictures and videos, or CIFAR-10's sheets,\n"
          "of which those count that training kept back (and the test split tests)")
      ->required()
      ->check(CLI::ExistingPath)
      ->type_name("FOLDER");
  command.add_option("--add", options.added, "An ONNX model as a variant of that name; one that is there is replaced")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
  command.add_option("--remove", options.removed, "A variant that goes; its file stays")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_option("--test", options.test, "Other pictures, which only show whether the written agreement holds")
      ->check(CLI::ExistingPath)
      ->type_name("FOLDER");
  command.add_option("--out", options.out, "Folder for the bundle with its variants (default: in its own place)")
      ->type_name("FOLDER");
  command.add_option("--confidence", options.confidence, "That the variant agrees as often as is written")
      ->capture_default_str()
      ->check(arguments::number_between(0, 1));
  command.add_option("--every", options.every, "Every n-th picture, or frame of a video")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 100'000));
  command.add_flag("--keep-dominated", options.keep_dominated,
                   "Write variants as well that another one, or the model, beats in time and agreement");
  command.add_flag("--dry-run", options.dry_run, "Measure, and write nothing");
  command.add_flag("--json", options.json, "End with one line of JSON");
  command.footer(kVariantsHelp);
}

}  // namespace sluice::eval
