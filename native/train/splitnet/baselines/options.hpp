// What the baselines of split inference are told. Plain data, without LibTorch: the bench's command line fills it in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "native/train/splitnet/arithmetic.hpp"

namespace sluice::train::splitnet::baselines {

struct BaselineOptions {
  std::filesystem::path model;              // the full model, ONNX; takes pictures of -1..1, red first
  std::filesystem::path cifar10;            // the sheets
  std::filesystem::path work;               // checkpoints, from which a killed run goes on
  std::filesystem::path out;                // a line of JSON for each point; empty: none
  std::filesystem::path export_deepcod;     // a folder for DeepCOD's networks as the evaluation runs them; empty: none
  std::vector<std::string> systems;         // empty: all
  std::vector<std::int64_t> channels;       // of DeepCOD's encoder, an operating point each; empty: those it comes with
  std::uint32_t epochs = 0;                 // of each stage; 0: as many as each system comes with
  std::int64_t samples = 10'000;            // pictures of the test split, from the first on
  std::int64_t training_pictures = 50'000;  // from the first on; one in ten is kept back
  std::uint32_t validation_one_in = 10;
  Arithmetic arithmetic = fastest_arithmetic();
  double checkpoint_s = 60;
  std::uint64_t seed = 1;
  int threads = 1;
};

}  // namespace sluice::train::splitnet::baselines
