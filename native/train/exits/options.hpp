// What `sluice fit --exits` is told. Plain data, without LibTorch, since the command line fills it in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/exit/exit_rule.hpp"
#include "core/input/image_tensor.hpp"
#include "native/eval/exits/exit_thresholds.hpp"
#include "native/train/splitnet/options.hpp"

namespace sluice::train::exits {

enum class BackboneForm : std::uint8_t { kVgg, kInception };

struct BackboneDesign {
  BackboneForm form = BackboneForm::kVgg;
  std::int64_t side = 32;  // of the picture; a multiple of 32
  std::int64_t classes = 10;
  double width = 0.5;  // times the published numbers of channels
};

struct Options {
  std::string name;
  std::string version = "1.0.0";  // of the bundle
  std::string description;
  std::filesystem::path data;    // pictures: CIFAR-10's sheets, or a folder with a subfolder for each class
  std::filesystem::path model;   // a user's classifier, ONNX; empty: a backbone is trained
  input::ImageSpec model_input;  // of that
  bool own_labels = false;       // the pictures' labels are its classes, in its order; else its answers serve as labels
  std::filesystem::path out;     // bundle folder; empty: none is written
  std::filesystem::path work;    // checkpoints
  BackboneDesign backbone;
  std::filesystem::path
      start_from;  // backbone-*.checkpoint of another run, of the same design, to train further; empty: none
  splitnet::TrainingOptions backbone_training{.epochs = 30};

  std::vector<std::string> places;  // tensors' names; empty: all that there are
  std::int64_t filters = 32;        // of each of the three convolutions that a branch starts with
  splitnet::TrainingOptions exits_training{.epochs = 8, .peak_rate = 0.05};
  double distillation = 0.7;         // the full model's answers against the labels; 1: no label is looked at
  double distillation_softness = 2;  // temperature
  double exit_error = 0.01;          // of the inputs that leave at an exit, while branches and places are chosen
  double search_tolerance = 0.005;   // by which an exit's rate may fall when a layer or half of the filters goes
  double most_exits_cost = 1;        // of the model, that all exits together may cost
  sluice::exits::ExitRule rule = sluice::exits::ExitRule::kMaxProbability;
  eval::ExitPromise promise = eval::ExitPromise::kEachExit;
  double confidence = 0.95;     // of the promise
  double default_target = 0.9;  // agreement that the bundle asks for by itself, where its points reach it

  // Where a device may stop and a server go on (cut_choice.hpp): a place's tensor, "auto", or empty: nowhere.
  std::string cut;
  double cut_agreement = 0.99;     // with the full model, that coding the tensor has to leave
  double cut_link_kbps = 2000;     // for "auto": what a second's worth of the link is,
  double cut_device_mmacs = 2000;  // and of the device, in millions of multiply-adds

  // Pictures that are kept back, to choose and calibrate by, where one in so many of `data` would be near copies of what is learned from:
  // other times or cameras of a video. Empty: one in so many.
  std::filesystem::path kept_back;
  std::uint32_t validation_one_in = 10;
  splitnet::Arithmetic arithmetic = splitnet::fastest_arithmetic();
  double checkpoint_s = 60;
  std::uint64_t seed = 1;
  int threads = 2;
};

}  // namespace sluice::train::exits
