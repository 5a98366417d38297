#include "native/train/splitnet/split_fit.hpp"

#include <algorithm>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/cifar10.hpp"
#include "native/train/splitnet/full_trainer.hpp"
#include "native/train/splitnet/split_description.hpp"
#include "native/train/splitnet/split_export.hpp"
#include "native/train/splitnet/split_trainer.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::int64_t kCompared = 16;
constexpr double kExportTolerance = 1e-3;

Result<LabelledData> read_data(const Options& options) {
  if (!holds_cifar10(options.data)) {
    return fail(ErrorCode::kNotFound,
                {options.data.string(), " does not hold CIFAR-10's sheets (./dev setup --cifar10)"});
  }
  const auto pictures = read_cifar10_training(options.data);
  if (!pictures) return fail(pictures.error());
  return keep_back(*pictures, kCifarClasses, options.validation_one_in);
}

// Beside the checkpoint: both halves and the full model as ONNX, and what else there is to know about them.
Result<void> export_files(const Options& options, const LabelledData& data, FullNetwork& full, TrainedSplit& split,
                          ProgressLog& log) {
  const ExportedSplit exported = export_split(split.network, options.full.side);
  // In float32, as the graphs are computed, whatever numbers it was trained in.
  SplitNetwork exact(options.full, options.design, Arithmetic::kFloat32);
  copy_values(*split.network, *exact);
  const torch::Tensor pictures = plain_batch(data.validation, 0, std::min(kCompared, data.validation.size())).pictures;
  const auto difference = compare_split(exported, exact, pictures);
  if (!difference) return fail(difference.error());
  const double largest = std::max({difference->features, difference->local, difference->remote});
  log.line("exported; largest difference to LibTorch " + std::to_string(largest));
  if (!(largest <= kExportTolerance)) {
    return fail(ErrorCode::kInternal, {"an exported half differs from the trained one by ", largest});
  }
  const double full_accuracy = accuracy(data.validation, [&](const auto& batch) { return full->forward(batch); });
  const std::pair<const char*, std::string> files[] = {
      {".device.onnx", exported.device},
      {".remote.onnx", exported.remote},
      {".full.onnx", export_full(full)},
      {".json", describe_split(options, exported, split.network->quantiser->tables(), full_accuracy, split.figures)}};
  for (const auto& [ending, bytes] : files) {
    if (auto written = write_atomically(split.files.string() + ending, bytes); !written) return written;
  }
  log.line("wrote " + split.files.string() + ".*");
  return {};
}

Result<void> check_training(std::string_view name, const TrainingOptions& training) {
  if (training.epochs > 0 && training.batch > 0 && training.peak_rate > 0 && training.rise > 0 && training.rise < 1)
    return {};
  return fail(ErrorCode::kInvalidArgument, {"the training of the ", name, " needs epochs, a batch and a rate above 0"});
}

}  // namespace

Result<void> check(const Options& options) {
  if (options.name.empty() || options.work.empty() || options.data.empty()) {
    return fail(ErrorCode::kInvalidArgument, "a split network needs a name, labelled pictures and a work folder");
  }
  if (options.validation_one_in < 2) {
    return fail(ErrorCode::kInvalidArgument, "one picture in two or more is kept back for validation");
  }
  const SplitDesign& design = options.design;
  if (design.local_channels >= design.channels) {
    return fail(ErrorCode::kInvalidArgument,
                {design.local_channels, " local channels of ", design.channels, "; at least one must be sent"});
  }
  if (design.local_channels < 1 && (design.local == LocalForm::kPooled || options.losses.importance > 0)) {
    return fail(ErrorCode::kInvalidArgument,
                "without local channels there is nothing to pool and no place for importance to go");
  }
  if (design.levels < 2 || design.levels > 256) {
    return fail(ErrorCode::kInvalidArgument, {"a codebook of ", design.levels, " levels; 2 to 256 can be coded"});
  }
  if (options.losses.importance < 0 || options.losses.importance >= 1) {
    return fail(ErrorCode::kInvalidArgument, "the importance losses' weight is a share of 0 to below 1");
  }
  for (const auto& [name, training] :
       {std::pair{"full model", &options.full_training}, std::pair{"reference network", &options.reference_training},
        std::pair{"split network", &options.split_training}}) {
    if (auto checked = check_training(name, *training); !checked) return checked;
  }
  return {};
}

Result<void> run_split_fit(const Options& options, std::FILE* log_file) try {
  ProgressLog log(log_file);
  if (auto checked = check(options); !checked) return checked;
  const auto data = read_data(options);
  if (!data) return fail(data.error());
  std::error_code error;
  std::filesystem::create_directories(options.work, error);
  torch::set_num_threads(options.threads);
  log.line(std::to_string(data->train.size()) + " pictures to learn from, " + std::to_string(data->validation.size()) +
           " kept back");
  auto full = train_full(*data, options, log);
  if (!full) return fail(full.error());
  auto reference = train_reference(*data, options, *full, log);
  if (!reference) return fail(reference.error());
  auto split = train_split(*data, options, *full, *reference, log);
  if (!split) return fail(split.error());
  return export_files(options, *data, *full, *split, log);
} catch (const std::exception& error) {
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what());
}

}  // namespace sluice::train::splitnet
