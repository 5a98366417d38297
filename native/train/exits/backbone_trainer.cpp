#include "native/train/exits/backbone_trainer.hpp"

#include <sstream>

#include "native/train/splitnet/classifier_trainee.hpp"
#include "native/train/splitnet/stage_file.hpp"

namespace sluice::train::exits {
namespace {

std::string backbone_key(const splitnet::LabelledData& data, const Options& options) {
  std::ostringstream key;
  key << "backbone 1; " << splitnet::data_key(data) << "; " << static_cast<int>(options.backbone.form) << ' '
      << options.backbone.side << ' ' << options.backbone.width << "; "
      << splitnet::training_key(options.backbone_training) << "; " << options.seed;
  return key.str();
}

}  // namespace

Result<std::shared_ptr<BackboneImpl>> train_backbone(const splitnet::LabelledData& data, const Options& options,
                                                     ProgressLog& log) {
  torch::manual_seed(options.seed);
  const auto network = make_backbone(options.backbone, options.arithmetic);
  network->whiten(splitnet::pictures_to_whiten(data));
  splitnet::ClassifierTrainee trainee(
      *network, [&](const auto& pictures) { return network->forward(pictures); }, data, options.backbone_training);
  const splitnet::LoopOptions loop{.name = "backbone",
                                   .epochs = options.backbone_training.epochs,
                                   .samples = data.train.size(),
                                   .batch = options.backbone_training.batch,
                                   .seed = options.seed,
                                   .checkpoint_s = options.checkpoint_s};
  const std::string key = backbone_key(data, options);
  const auto file = splitnet::stage_file(options.work, "backbone", key, ".checkpoint");
  if (auto done = splitnet::run_loop(trainee, loop, file, key, log); !done) return fail(done.error());
  network->eval();
  return network;
}

}  // namespace sluice::train::exits
