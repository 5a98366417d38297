// Trains the SKIP filter's network on labelled pictures. Seeded; writes a checkpoint after every epoch and goes on from
// it when it was made under the same key. A tenth of the pictures, of blocks of their own, is kept back to choose the
// best epoch; calibration and test splits are never looked at. Uses LibTorch's threads, as many as it is told.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "core/base/result.hpp"
#include "native/train/gate_network.hpp"
#include "native/train/sample_store.hpp"
#include "native/train/trainer_input.hpp"
#include "native/train/training_options.hpp"

namespace sluice::train {

struct EpochReport {
  std::uint32_t epoch = 0;  // from 1
  double loss = 0;          // mean over the epoch
  double validation_loss = 0;
  double skip_rate = 0;  // of redundant validation pictures, at the threshold that misses one needed in twenty
};

using EpochProgress = std::function<void(const EpochReport&)>;
using StepProgress = std::function<void(std::size_t done, std::size_t of)>;

struct TrainedGate {
  GateNetwork network{nullptr};
  EpochReport best;
};

// `key` names the data and the options; `checkpoint` is a path without extension.
Result<TrainedGate> train_gate(std::span<const SampleStore* const> stores, const TrainOptions& options,
                               const std::filesystem::path& checkpoint, const std::string& key,
                               const EpochProgress& epoch_done, const StepProgress& step_done);

}  // namespace sluice::train
