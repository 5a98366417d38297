// Epochs over a shuffled set with a checkpoint every minute or two, in the middle of an epoch as well, so that a killed run
// loses no more than that. What is trained stands behind Trainee; it saves and loads itself under names of its own.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "native/train/checkpoint.hpp"
#include "native/train/progress.hpp"

namespace sluice::train::splitnet {

class Trainee {
 public:
  virtual ~Trainee() = default;

  // One step on the samples of these numbers. `done`: the share of the run before it, [0, 1). The same seed makes the same
  // random choices. Returns the loss.
  virtual double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) = 0;
  // Figures for the log, after an epoch.
  virtual std::string epoch_done() = 0;
  virtual void save(CheckpointWriter& writer) const = 0;
  virtual void load(CheckpointReader& reader) = 0;
};

struct LoopOptions {
  std::string name;  // in the log
  std::uint32_t epochs = 1;
  std::int64_t samples = 0;
  std::int64_t batch = 256;
  std::uint64_t seed = 1;
  double checkpoint_s = 60;
};

// Goes on from a checkpoint made under `key`, and leaves one of the finished run. A loss that is not a number is
// kExecutionFailed. LibTorch's exceptions pass through.
Result<void> run_loop(Trainee& trainee, const LoopOptions& options, const std::filesystem::path& checkpoint,
                      const std::string& key, ProgressLog& log);

// One cycle of the learning rate: linearly up for the first `rise` of the run, linearly down to nothing.
double one_cycle(double done, double rise);

}  // namespace sluice::train::splitnet
