#include "native/train/exits/backbone_trainer.hpp"

#include <sstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/sha256.hpp"
#include "native/train/checkpoint.hpp"
#include "native/train/splitnet/classifier_trainee.hpp"
#include "native/train/splitnet/stage_file.hpp"

namespace sluice::train::exits {
namespace {

// Of the file that the training starts from; empty where it starts at random.
Result<std::string> hash_start(const std::filesystem::path& file) {
  if (file.empty()) return std::string();
  const auto bytes = bundle::read_file(file);
  if (!bytes) return fail(bytes.error());
  return bundle::sha256_hex(std::as_bytes(std::span(*bytes)));
}

// LibTorch takes tensors of any shape from a file.
Result<void> load_start(const std::filesystem::path& file, BackboneImpl& network) {
  CheckpointReader reader;
  if (auto opened = reader.open_any(file); !opened) return opened;
  const auto other_design = [&](std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, {"'", file.string(), "' holds no backbone of this design (--backbone, ",
                                              "--backbone-width and the classes must be those of its run): ", what});
  };
  std::vector<std::vector<std::int64_t>> shapes;
  for (const torch::Tensor& one : network.parameters()) shapes.push_back(one.sizes().vec());
  try {
    reader.get("network", network);
  } catch (const c10::Error& error) {
    return other_design(error.what_without_backtrace());
  }
  std::size_t at = 0;
  for (const auto& one : network.named_parameters()) {
    if (one.value().sizes() != shapes[at++]) return other_design(one.key() + " has another shape");
  }
  return {};
}

std::string backbone_key(const splitnet::LabelledData& data, const Options& options, const std::string& start) {
  std::ostringstream key;
  key << "backbone 1; " << splitnet::data_key(data) << "; " << static_cast<int>(options.backbone.form) << ' '
      << options.backbone.side << ' ' << options.backbone.width << "; "
      << splitnet::training_key(options.backbone_training) << "; " << options.seed;
  if (!start.empty()) key << "; " << start;
  return key.str();
}

}  // namespace

Result<std::shared_ptr<BackboneImpl>> train_backbone(const splitnet::LabelledData& data, const Options& options,
                                                     ProgressLog& log) {
  torch::manual_seed(options.seed);
  const auto network = make_backbone(options.backbone, options.arithmetic);
  network->whiten(splitnet::pictures_to_whiten(data));
  const auto start = hash_start(options.start_from);
  if (!start) return fail(start.error());
  if (!start->empty()) {
    if (auto loaded = load_start(options.start_from, *network); !loaded) return fail(loaded.error());
  }
  splitnet::ClassifierTrainee trainee(
      *network, [&](const auto& pictures) { return network->forward(pictures); }, data, options.backbone_training);
  const splitnet::LoopOptions loop{.name = "backbone",
                                   .epochs = options.backbone_training.epochs,
                                   .samples = data.train.size(),
                                   .batch = options.backbone_training.batch,
                                   .seed = options.seed,
                                   .checkpoint_s = options.checkpoint_s};
  const std::string key = backbone_key(data, options, *start);
  const auto file = splitnet::stage_file(options.work, "backbone", key, ".checkpoint");
  if (auto done = splitnet::run_loop(trainee, loop, file, key, log); !done) return fail(done.error());
  network->eval();
  return network;
}

}  // namespace sluice::train::exits
