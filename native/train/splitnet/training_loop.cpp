#include "native/train/splitnet/training_loop.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <sstream>
#include <vector>

#include "native/train/random.hpp"

namespace sluice::train::splitnet {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

struct Position {
  std::int64_t step = 0;  // of the whole run
  double loss_sum = 0;    // of the epoch so far
};

Result<void> write_checkpoint(const Trainee& trainee, const Position& position, const std::filesystem::path& file,
                              const std::string& key) {
  CheckpointWriter writer(key);
  writer.add("position", torch::tensor({static_cast<double>(position.step), position.loss_sum}, torch::kFloat64));
  trainee.save(writer);
  return writer.write(file);
}

std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.index(i)]);
  return order;
}

}  // namespace

double one_cycle(double done, double rise) {
  return done < rise ? std::max(done / rise, 0.02) : std::max((1 - done) / (1 - rise), 0.0);
}

Result<void> run_loop(Trainee& trainee, const LoopOptions& options, const std::filesystem::path& checkpoint,
                      const std::string& key, ProgressLog& log) {
  // The last samples of an epoch that fill no batch are left out; the next epoch shuffles anew.
  const std::int64_t batch = std::min(options.batch, options.samples);
  if (batch <= 0) return fail(ErrorCode::kInvalidArgument, "there are no training pictures");
  const std::int64_t steps_per_epoch = options.samples / batch;
  const std::int64_t steps = steps_per_epoch * options.epochs;
  Position position;
  CheckpointReader reader;
  const auto resumed = reader.open(checkpoint, key);
  if (!resumed) return fail(resumed.error());
  if (*resumed) {
    torch::Tensor state;
    reader.get("position", state);
    position = {static_cast<std::int64_t>(state[0].item<double>()), state[1].item<double>()};
    trainee.load(reader);
    if (position.step < steps) {
      log.line(options.name + ": goes on from step " + std::to_string(position.step) + " of " + std::to_string(steps));
    }
  }
  const Progress progress = log.progress(options.name + ", step");
  auto written_at = Clock::now();
  auto epoch_began = Clock::now();
  std::int64_t epoch_first_step = position.step;
  std::vector<std::int64_t> order;
  while (position.step < steps) {
    const std::int64_t epoch = position.step / steps_per_epoch;
    const std::int64_t at = position.step % steps_per_epoch;
    if (order.empty() || at == 0)
      order = shuffled(options.samples, options.seed * 1000 + static_cast<std::uint64_t>(epoch));
    const double loss = trainee.step({order.data() + at * batch, static_cast<std::size_t>(batch)},
                                     (options.seed << 32) + static_cast<std::uint64_t>(position.step),
                                     static_cast<double>(position.step) / static_cast<double>(steps));
    if (!std::isfinite(loss)) {
      return fail(ErrorCode::kExecutionFailed,
                  {options.name, ": the loss of step ", position.step, " is no number; lower the learning rate"});
    }
    position.loss_sum += loss;
    ++position.step;
    progress(static_cast<std::size_t>(position.step), static_cast<std::size_t>(steps));
    const bool epoch_ended = position.step % steps_per_epoch == 0;
    if (epoch_ended) {
      const double trained_s = seconds_since(epoch_began);
      std::ostringstream line;
      line << options.name << ", epoch " << epoch + 1 << " of " << options.epochs << ": loss "
           << position.loss_sum / static_cast<double>(steps_per_epoch) << ", " << trainee.epoch_done() << "; "
           << std::llround(static_cast<double>((position.step - epoch_first_step) * batch) / trained_s)
           << " pictures/s";
      log.line(line.str());
      position.loss_sum = 0;
    }
    if (epoch_ended || seconds_since(written_at) > options.checkpoint_s) {
      if (auto written = write_checkpoint(trainee, position, checkpoint, key); !written) return written;
      written_at = Clock::now();
    }
    if (epoch_ended) {
      epoch_began = Clock::now();
      epoch_first_step = position.step;
    }
  }
  return {};
}

}  // namespace sluice::train::splitnet
