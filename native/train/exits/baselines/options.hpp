// What the baselines of early exits are told. Plain data, without LibTorch: the bench's command line fills it in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "native/train/exits/options.hpp"

namespace sluice::train::exits::baselines {

struct BaselineOptions {
  std::filesystem::path backbone_model;    // ONNX, as `sluice fit --exits` left it; takes pictures of -1..1, red first
  BackboneForm form = BackboneForm::kVgg;  // what it is
  std::filesystem::path cifar10;           // the sheets
  std::filesystem::path work;              // checkpoints, from which a killed run goes on
  std::filesystem::path out;               // a line of JSON for each point; empty: none
  std::vector<std::string> systems;        // empty: all
  std::vector<double> widths{0.125, 0.25, 0.35};  // of the smaller backbones, against the published channels
  std::vector<std::string> joint_exits;     // FlexDNN's, trained jointly: "PLACE=32+32", "PLACE=" without convolutions
  std::uint32_t epochs = 0;                 // of each training; 0: as many as each system comes with
  std::int64_t samples = 10'000;            // pictures of the test split, from the first on
  std::int64_t training_pictures = 50'000;  // from the first on; one in ten is kept back
  std::uint32_t validation_one_in = 10;
  splitnet::Arithmetic arithmetic = splitnet::fastest_arithmetic();
  double checkpoint_s = 60;
  std::uint64_t seed = 1;
  int threads = 1;
};

}  // namespace sluice::train::exits::baselines
