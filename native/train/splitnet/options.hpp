// What `sluice fit --split` is told. Plain data, without LibTorch, since the command line fills it in.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include "core/input/image_tensor.hpp"
#include "native/train/splitnet/arithmetic.hpp"

namespace sluice::train::splitnet {

struct Augmentation {
  bool mirror = true;
  std::int64_t move_px = 4;    // most, each way; the edge is reflected
  std::int64_t cutout_px = 8;  // side of the square that is painted over; 0: none
};

struct FullDesign {
  std::int64_t side = 32;  // of the picture; a multiple of 8
  std::int64_t classes = 10;
  std::array<std::int64_t, 3> widths{64, 256, 256};
};

// By stochastic gradient descent with momentum, one cycle of the learning rate.
struct TrainingOptions {
  std::uint32_t epochs = 12;
  std::int64_t batch = 256;
  double peak_rate = 0.25;
  double rise = 0.2;  // share of the run in which the rate climbs
  double momentum = 0.9;
  double weight_decay = 5e-4;
  double label_smoothing = 0.1;
  double most_gradient = 10;  // norm of all parameters' together; one outlier does not throw the run away
  Augmentation augmentation{};
};

enum class ExtractorForm : std::uint8_t {
  kSeparable,  // AgileNN's: two separable 3x3 convolutions, features of 0..6 on half the picture's side
  kStrided,    // Duan and Zhu's n0: one wide strided convolution and a 1x1, signed features on a quarter of the side
};
enum class QuantiserForm : std::uint8_t {
  kCodebook,  // AgileNN's and DeepCOD's: learned centroids, shared by all channels
  kRounding,  // whole numbers; how fine they are is learned with the features' scale
};
enum class LocalForm : std::uint8_t {
  kPooled,        // AgileNN's: the means of the local channels and a linear layer
  kConvolutions,  // two separable convolutions over all features, which are on the device anyway
};
enum class ChannelChoice : std::uint8_t { kImportance, kAppearance, kRandom, kFirst };

// The network in two halves.
struct SplitDesign {
  ExtractorForm extractor = ExtractorForm::kStrided;
  std::int64_t extractor_width = 32;  // of the strided convolution
  std::int64_t patch = 4;             // its kernel and stride, in pixels; 8 suits pictures of 200 and more
  std::int64_t channels = 24;         // features
  std::int64_t local_channels = 5;    // stay on the device; the rest is sent
  QuantiserForm quantiser = QuantiserForm::kRounding;
  std::int64_t levels = 8;  // of the codebook
  // Of rounding: each sent channel is coded twice, first in steps of so many whole numbers, then what is left of each. So a
  // payload that breaks off half-way has all channels, if coarsely, and not one half of them. Odd; 1: coded once.
  std::int64_t refinement = 3;
  LocalForm local = LocalForm::kConvolutions;
  double combination_softness = 4;   // T of the paper's a = 1 / (1 + exp(-w / T)); 4 to 8 there
  std::int64_t residual_blocks = 1;  // of the remote network, before the full model's own groups
  bool remote_only = false;          // the combined answer is the remote one

  std::int64_t sent_channels() const { return channels - local_channels; }  // of features
  // Of whose importance skewness and disorder speak: the local channels, or where none stay, the first fifth that is sent, which is
  // about the paper's share of local ones (5 of 24).
  std::int64_t important_channels() const { return local_channels > 0 ? local_channels : (channels + 4) / 5; }
  bool refines() const { return quantiser == QuantiserForm::kRounding && refinement > 1; }
  // What a payload holds and is cut between: the sent channels, or their coarse values and then the rest of each.
  std::int64_t coded_channels() const { return sent_channels() * (refines() ? 2 : 1); }
};

// What each loss counts, and the ablations: a weight of 0 leaves its loss out.
struct SplitLosses {
  double importance = 0.2;           // 1 - lambda: skewness and disorder against the task
  double skewness = 0.8;             // rho: the share of importance that the local channels are to hold
  double importance_share = 0.5;     // of each batch that importance is computed on
  std::int64_t path_points = 1;      // of Integrated Gradients, beside the baseline
  double rate_per_kbit = 0.05;       // what a thousand bits a picture cost
  double local = 0.3;                // the local guess by itself
  double distillation = 0.7;         // the full model's answers against the labels; 1: no label is looked at
  double distillation_softness = 2;  // temperature
  double cut_share = 0.5;            // of the samples whose payloads are cut at a random coded channel
};

struct Options {
  std::string name;
  std::string version = "1.0.0";  // of the bundle
  std::string description;
  std::filesystem::path data;    // pictures: CIFAR-10's sheets, or a folder with a subfolder for each class
  std::filesystem::path model;   // a user's classifier, ONNX, as the full model; empty: one is trained
  input::ImageSpec model_input;  // of that
  std::string cut;               // of its tensors; empty: chosen
  bool own_labels = false;       // the pictures' labels are its classes, in its order; else its answers serve as labels
  std::filesystem::path out;     // bundle folder; empty: none is written
  std::filesystem::path work;    // checkpoints
  // split-*.pt of another run: both halves of the same design, to train further, say at another price; empty: none.
  std::filesystem::path start_from;
  FullDesign full;
  TrainingOptions full_training;
  SplitDesign design;
  SplitLosses losses;
  ChannelChoice choice = ChannelChoice::kImportance;
  // The later stages start from what the full model has learned; rates as high as its own would undo that.
  TrainingOptions entry_training{.epochs = 4, .peak_rate = 0.2};
  TrainingOptions reference_training{.epochs = 2, .peak_rate = 0.03, .rise = 0.1};
  TrainingOptions split_training{.epochs = 15, .peak_rate = 0.03, .rise = 0.1};
  std::uint32_t validation_one_in = 10;
  double default_target = 0.9;  // agreement that the bundle asks for by itself, where its points reach it
  Arithmetic arithmetic = fastest_arithmetic();
  double checkpoint_s = 60;
  std::uint64_t seed = 1;
  int threads = 2;
};

}  // namespace sluice::train::splitnet
