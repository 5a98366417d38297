#include "native/train/splitnet/split_arguments.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "core/split/coding/symbol_model.hpp"
#include "native/arguments/checks.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr const char* kGroup = "Split inference (--split)";
constexpr std::uint64_t kMostChannels = 256;
constexpr std::uint64_t kMostRefinement = split::kMostRefinement;
constexpr std::uint64_t kMostSplitEpochs = 100'000;
constexpr std::uint64_t kMostSide = 512;
constexpr std::uint64_t kMostWidth = 4096;

void add_design(CLI::App& command, Arguments& arguments) {
  SplitDesign& design = arguments.options.design;
  command.add_option("--extractor", arguments.extractor, "What runs first on the device: strided or separable")
      ->transform(arguments::one_of({{"separable", static_cast<int>(ExtractorForm::kSeparable)},
                                     {"strided", static_cast<int>(ExtractorForm::kStrided)}}))
      ->default_str("strided")
      ->type_name("FORM")
      ->group(kGroup);
  command.add_option("--extractor-width", design.extractor_width, "Channels of the strided convolution")
      ->capture_default_str()
      ->check(arguments::whole_number(1, kMostChannels))
      ->group(kGroup);
  command.add_option("--patch", design.patch, "Its kernel and stride in pixels; 8 suits pictures of 200 and more")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 64))
      ->group(kGroup);
  command.add_option("--channels", design.channels, "Feature channels")
      ->capture_default_str()
      ->check(arguments::whole_number(1, kMostChannels))
      ->group(kGroup);
  command.add_option("--local-channels", design.local_channels, "Channels that stay on the device")
      ->capture_default_str()
      ->check(arguments::whole_number(0, kMostChannels))
      ->group(kGroup);
  command.add_option("--quantiser", arguments.quantiser, "How features become symbols: rounding or codebook")
      ->transform(arguments::one_of({{"codebook", static_cast<int>(QuantiserForm::kCodebook)},
                                     {"rounding", static_cast<int>(QuantiserForm::kRounding)}}))
      ->default_str("rounding")
      ->type_name("FORM")
      ->group(kGroup);
  command
      .add_option(
          "--refinement", design.refinement,
          "Of rounding: channels are coded in steps of so many numbers first, then what is left; odd; 1: at once")
      ->capture_default_str()
      ->check(arguments::whole_number(1, kMostRefinement))
      ->group(kGroup);
  command.add_option("--levels", design.levels, "Centroids of the codebook")
      ->capture_default_str()
      ->check(arguments::whole_number(2, 256))
      ->group(kGroup);
  command
      .add_option("--local-head", arguments.local,
                  "What answers on the device: convolutions over all features, or the pooled local channels")
      ->transform(arguments::one_of({{"pooled", static_cast<int>(LocalForm::kPooled)},
                                     {"convolutions", static_cast<int>(LocalForm::kConvolutions)}}))
      ->default_str("convolutions")
      ->type_name("FORM")
      ->group(kGroup);
  command.add_option("--residual-blocks", design.residual_blocks, "Residual blocks of the remote network's entry")
      ->capture_default_str()
      ->check(arguments::whole_number(0, 16))
      ->group(kGroup);
  command.add_flag("--remote-only", design.remote_only, "Leave the local answer out of the combined one")
      ->group(kGroup);
}

void add_losses(CLI::App& command, Arguments& arguments) {
  SplitLosses& losses = arguments.options.losses;
  command
      .add_option(
          "--channel-choice", arguments.choice,
          "Which channels become the local ones: importance, appearance (among the most important), random, first")
      ->transform(arguments::one_of({{"importance", static_cast<int>(ChannelChoice::kImportance)},
                                     {"appearance", static_cast<int>(ChannelChoice::kAppearance)},
                                     {"random", static_cast<int>(ChannelChoice::kRandom)},
                                     {"first", static_cast<int>(ChannelChoice::kFirst)}}))
      ->default_str("importance")
      ->type_name("CHOICE")
      ->group(kGroup);
  const auto weight = [&](const char* name, double& value, double most, const char* text) {
    command.add_option(name, value, text)->capture_default_str()->check(arguments::number_from(0, most))->group(kGroup);
  };
  weight("--importance-weight", losses.importance, 0.99,
         "1 - lambda: of the skewness and disorder losses against the task; 0: without them");
  weight("--skewness", losses.skewness, 1, "rho: share of the importance that the local channels are to hold");
  weight("--importance-share", losses.importance_share, 1, "Share of each batch that importance is computed on");
  weight("--rate-per-kbit", losses.rate_per_kbit, 100,
         "What a thousand bits a picture cost; 0: bytes are not trained for");
  weight("--local-weight", losses.local, 100, "Of the local answer by itself");
  weight("--distillation", losses.distillation, 1, "Full model's answers against labels; 1: no label is looked at");
  weight("--cut-share", losses.cut_share, 1, "Share of the samples whose payloads are cut at a random channel");
  command.add_option("--path-points", losses.path_points, "Gradients along the path of Integrated Gradients")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 100))
      ->group(kGroup);
}

}  // namespace

void add_arguments(CLI::App& command, Arguments& arguments) {
  Options& options = arguments.options;
  command
      .add_option(
          "--cut", options.cut,
          "Tensor of --model behind which the server goes on; default: chosen. With --exits one that an exit stands "
          "at, or auto; default: none")
      ->group(kGroup);
  command
      .add_flag("--own-labels", options.own_labels,
                "Learn from the pictures' labels, which are --model's classes in its order; default: from its answers")
      ->group(kGroup);
  add_design(command, arguments);
  add_losses(command, arguments);
  command
      .add_option("--full-side", options.full.side,
                  "Pixels of a side of the full model that is trained; a folder's pictures are cut and scaled to it")
      ->capture_default_str()
      ->check(arguments::whole_number(8, kMostSide))
      ->group(kGroup);
  command
      .add_option("--full-widths", options.full.widths,
                  "Channels of the three groups of the full model that is trained; narrow ones for quick trials")
      ->delimiter(',')
      ->capture_default_str()
      ->check(arguments::whole_number(1, kMostWidth))
      ->group(kGroup);
  const auto epochs = [&](const char* name, TrainingOptions& training, const char* text) {
    command.add_option(name, training.epochs, text)
        ->capture_default_str()
        ->check(arguments::whole_number(1, kMostSplitEpochs))
        ->group(kGroup);
  };
  epochs("--full-epochs", options.full_training, "Epochs of the full model");
  epochs("--reference-epochs", options.reference_training, "Epochs of the reference network");
  epochs("--split-epochs", options.split_training, "Epochs of both halves together");
  command.add_option("--checkpoint-s", options.checkpoint_s, "Seconds between checkpoints")
      ->capture_default_str()
      ->check(arguments::number_above(0, 86'400))
      ->group(kGroup);
  command.add_option("--arithmetic", arguments.arithmetic, "Of the convolutions while training: float32 or bfloat16")
      ->transform(arguments::one_of(
          {{"float32", static_cast<int>(Arithmetic::kFloat32)}, {"bfloat16", static_cast<int>(Arithmetic::kBfloat16)}}))
      ->default_str("what this machine is faster with")
      ->type_name("NUMBERS")
      ->group(kGroup);
}

Options complete_options(const Arguments& arguments) {
  Options options = arguments.options;
  options.design.extractor = static_cast<ExtractorForm>(arguments.extractor);
  options.design.quantiser = static_cast<QuantiserForm>(arguments.quantiser);
  options.design.local = static_cast<LocalForm>(arguments.local);
  options.choice = static_cast<ChannelChoice>(arguments.choice);
  options.arithmetic = static_cast<Arithmetic>(arguments.arithmetic);
  return options;
}

}  // namespace sluice::train::splitnet
