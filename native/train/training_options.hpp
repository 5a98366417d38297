// What the two trainings are told: of the SKIP filter's network (trainer.hpp) and of REUSE's distance (embedding_trainer.hpp).
// Plain data, without LibTorch, since the command line fills it in.
#pragma once

#include <cstdint>
#include <filesystem>

#include "native/train/embedding_design.hpp"
#include "native/train/gate_design.hpp"

namespace sluice::train {

struct TrainOptions {
  GateDesign design;
  std::uint32_t epochs = 16;
  std::uint32_t batch = 64;
  double learning_rate = 3e-3;
  double weight_decay = 1e-2;
  double place_weight = 0.5;     // of the places' loss beside the picture's
  float score_threshold = 0.5F;  // finds below it are no finds
  std::uint64_t seed = 1;
  int threads = 2;
  std::filesystem::path start_from;  // an earlier run's best network of this design (any picture size); empty: none
};

struct EmbeddingOptions {
  EmbeddingDesign design;  // channels of the trunk and places are filled in
  std::uint32_t epochs = 12;
  std::uint32_t steps = 150;  // of one epoch
  std::uint32_t pairs = 256;  // of one step
  double learning_rate = 2e-3;
  double weight_decay = 1e-2;
  std::uint64_t seed = 1;
  int threads = 2;
  double kept_back_error = 0.05;  // wrong answers allowed when kept-back sequences are replayed
};

}  // namespace sluice::train
