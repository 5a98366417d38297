#include "native/train/exits/exits_arguments.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "native/arguments/checks.hpp"

namespace sluice::train::exits {
namespace {

constexpr const char* kGroup = "Early exits (--exits)";
constexpr std::uint64_t kMostEpochs = 100'000;

}  // namespace

void add_arguments(CLI::App& command, Arguments& arguments) {
  Options& options = arguments.options;
  command
      .add_option("--backbone", arguments.backbone,
                  "Classifier that is trained where no --model is named: vgg or inception")
      ->transform(arguments::one_of(
          {{"vgg", static_cast<int>(BackboneForm::kVgg)}, {"inception", static_cast<int>(BackboneForm::kInception)}}))
      ->default_str("vgg")
      ->type_name("FORM")
      ->group(kGroup);
  command.add_option("--backbone-width", options.backbone.width, "Its channels, against the published ones")
      ->capture_default_str()
      ->check(arguments::number_above(0, 4))
      ->group(kGroup);
  command.add_option("--backbone-epochs", options.backbone_training.epochs, "Its epochs")
      ->capture_default_str()
      ->check(arguments::whole_number(1, kMostEpochs))
      ->group(kGroup);
  command
      .add_option("--backbone-rate", options.backbone_training.peak_rate,
                  "Its highest learning rate; lower, say 0.06, with --start-from")
      ->capture_default_str()
      ->check(arguments::number_above(0, 10))
      ->group(kGroup);
  command
      .add_option(
          "--kept-back", options.kept_back,
          "Other pictures to choose and calibrate by, as --train's; of other times or cameras, where pictures are of a "
          "video (default: one in ten of --train)")
      ->check(CLI::ExistingDirectory)
      ->group(kGroup);
  command
      .add_option("--places", options.places,
                  "Tensors of the model that exits may hang on; default: all that there are")
      ->delimiter(',')
      ->group(kGroup);
  command.add_option("--filters", options.filters, "Of each of the three convolutions that a branch starts with")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 1024))
      ->group(kGroup);
  command.add_option("--exits-epochs", options.exits_training.epochs, "Epochs of the exits")
      ->capture_default_str()
      ->check(arguments::whole_number(1, kMostEpochs))
      ->group(kGroup);
  command
      .add_option("--exit-error", options.exit_error,
                  "Share of the answers at an exit that may be wrong while exits are chosen")
      ->capture_default_str()
      ->check(arguments::number_between(0, 1))
      ->group(kGroup);
  command
      .add_option("--search-tolerance", options.search_tolerance,
                  "By which an exit's rate may fall when its branch gets smaller")
      ->capture_default_str()
      ->check(arguments::number_from(0, 1))
      ->group(kGroup);
  command
      .add_option(
          "--exits-cost-at-most", options.most_exits_cost,
          "Share of the model that all exits together may cost; those that save least for what they cost go first")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1))
      ->group(kGroup);
  command
      .add_option("--exit-rule", arguments.rule, "How sure an exit is: max-probability, normalised-entropy or entropy")
      ->transform(
          arguments::one_of({{"max-probability", static_cast<int>(sluice::exits::ExitRule::kMaxProbability)},
                             {"normalised-entropy", static_cast<int>(sluice::exits::ExitRule::kNormalisedEntropy)},
                             {"entropy", static_cast<int>(sluice::exits::ExitRule::kEntropy)}}))
      ->default_str("max-probability")
      ->type_name("RULE")
      ->group(kGroup);
  command
      .add_option("--cut-agreement", options.cut_agreement,
                  "With the full model, that coding the tensor at the cut has to leave")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1))
      ->needs(command.get_option("--cut"))
      ->group(kGroup);
  command.add_option("--cut-link-kbps", options.cut_link_kbps, "Link that --cut auto chooses for, in kbit a second")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1e7))
      ->needs(command.get_option("--cut"))
      ->group(kGroup);
  command
      .add_option("--cut-device-mmacs", options.cut_device_mmacs,
                  "Device that --cut auto chooses for, in millions of multiply-adds a second")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1e7))
      ->needs(command.get_option("--cut"))
      ->group(kGroup);
  command
      .add_option("--exit-promise", arguments.promise,
                  "What keeps a target: each-exit by itself, or all inputs as a whole")
      ->transform(arguments::one_of({{"each-exit", static_cast<int>(eval::ExitPromise::kEachExit)},
                                     {"whole", static_cast<int>(eval::ExitPromise::kWhole)}}))
      ->default_str("each-exit")
      ->type_name("FORM")
      ->group(kGroup);
}

Options complete_options(const Arguments& arguments) {
  Options options = arguments.options;
  options.backbone.form = static_cast<BackboneForm>(arguments.backbone);
  options.rule = static_cast<sluice::exits::ExitRule>(arguments.rule);
  options.promise = static_cast<eval::ExitPromise>(arguments.promise);
  return options;
}

}  // namespace sluice::train::exits
