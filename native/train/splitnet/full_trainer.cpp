#include "native/train/splitnet/full_trainer.hpp"

#include <sstream>

#include "native/train/splitnet/classifier_trainee.hpp"

namespace sluice::train::splitnet {

std::string full_key(const LabelledData& data, const Options& options) {
  std::ostringstream key;
  key << "full 1; " << data_key(data) << "; " << options.full.side << ' ' << options.full.widths[0] << ' '
      << options.full.widths[1] << ' ' << options.full.widths[2] << "; " << training_key(options.full_training) << "; "
      << options.seed;
  return key.str();
}

Result<FullNetwork> train_full(const LabelledData& data, const Options& options, ProgressLog& log) {
  torch::manual_seed(options.seed);
  FullNetwork network(options.full, options.arithmetic);
  network->whiten(pictures_to_whiten(data));
  const TrainingOptions& training = options.full_training;
  ClassifierTrainee trainee(*network, [&](const auto& pictures) { return network->forward(pictures); }, data, training);
  const LoopOptions loop{.name = "full model",
                         .epochs = training.epochs,
                         .samples = data.train.size(),
                         .batch = training.batch,
                         .seed = options.seed,
                         .checkpoint_s = options.checkpoint_s};
  if (auto done = run_loop(trainee, loop, options.work / "full.checkpoint", full_key(data, options), log); !done)
    return fail(done.error());
  network->eval();
  std::ostringstream bytes;
  torch::save(network, bytes);
  if (auto written = write_atomically(options.work / "full.pt", bytes.str()); !written) return fail(written.error());
  return network;
}

}  // namespace sluice::train::splitnet
