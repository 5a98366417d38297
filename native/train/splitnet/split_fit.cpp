#include "native/train/splitnet/split_fit.hpp"

#include <algorithm>

#include "native/bundle/bundle_folder.hpp"
#include "native/train/checkpoint.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/bundle_notes.hpp"
#include "native/train/splitnet/classifier_trainee.hpp"
#include "native/train/splitnet/device_comparison.hpp"
#include "native/train/splitnet/device_export.hpp"
#include "native/train/splitnet/full_trainer.hpp"
#include "native/train/splitnet/onnx_classifier.hpp"
#include "native/train/splitnet/own_classifier.hpp"
#include "native/train/splitnet/split_bundle.hpp"
#include "native/train/splitnet/split_description.hpp"
#include "native/train/splitnet/split_export.hpp"
#include "native/train/splitnet/split_trainer.hpp"
#include "native/train/torch_process.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::int64_t kCompared = 16;
constexpr std::int64_t kSideMultiple = 8;
constexpr double kExportTolerance = 1e-3;

// What the full model answers takes the place of labels: a user's pictures need none, and their order need not be its own.
void label_by(Classifier& full, LabelledData& data) {
  for (PictureSet* set : {&data.train, &data.validation}) {
    set->labels = set->labels.clone();
    for (std::int64_t at = 0; at < set->size(); at += kEvaluationBatch) {
      const std::int64_t end = std::min(at + kEvaluationBatch, set->size());
      set->labels.slice(0, at, end).copy_(full.logits(plain_batch(*set, at, end).pictures).argmax(1));
    }
  }
  data.classes = full.classes();
  data.class_names.clear();
}

struct FullModel {
  LabelledData data;
  std::unique_ptr<Classifier> classifier;
};

// The user's model with their pictures, or one that is trained on the pictures.
Result<FullModel> make_full_model(const Options& options, ProgressLog& log) {
  FullModel made;
  if (!options.model.empty()) {
    auto onnx = bundle::read_file(options.model);
    if (!onnx) return fail(onnx.error());
    auto classifier = OnnxClassifier::load(std::move(*onnx), options.model_input, options.cut, options.arithmetic);
    if (!classifier) return fail(classifier.error());
    log.line("the full model is cut at '" + (*classifier)->cut_name() + "'");
    made.classifier = std::move(*classifier);
  }
  const std::int64_t side = made.classifier ? made.classifier->side() : options.full.side;
  auto data = read_labelled_data(options.data, side, options.validation_one_in);
  if (!data) return fail(data.error());
  made.data = std::move(*data);
  std::error_code error;
  std::filesystem::create_directories(options.work, error);
  log.line(std::to_string(made.data.train.size()) + " pictures to learn from, " +
           std::to_string(made.data.validation.size()) + " kept back");
  if (made.classifier) {
    if (made.data.train.height() != made.classifier->side()) {
      return fail(ErrorCode::kShapeMismatch, {"the pictures are ", made.data.train.height(),
                                              " pixels large, the model takes ", made.classifier->side()});
    }
    if (!options.own_labels) label_by(*made.classifier, made.data);
    if (made.data.classes != made.classifier->classes()) {
      return fail(ErrorCode::kShapeMismatch, {"the pictures have ", made.data.classes, " classes, the model ",
                                              made.classifier->classes(), "; leave --own-labels out"});
    }
    return made;
  }
  if (made.data.train.height() != options.full.side) {
    return fail(ErrorCode::kShapeMismatch,
                {"CIFAR-10's pictures are ", made.data.train.height(), " pixels large, the full model ",
                 options.full.side, "; leave --full-side out"});
  }
  Options trained = options;
  trained.full.classes = made.data.classes;
  auto full = train_full(made.data, trained, log);
  if (!full) return fail(full.error());
  made.classifier = std::make_unique<OwnClassifier>(*full, full_key(made.data, trained));
  return made;
}

// Beside the checkpoint: both halves and the full model as ONNX, the device's half in whole numbers, and what else there is to
// know about them.
Result<void> export_files(const Options& options, const LabelledData& data, Classifier& full, TrainedSplit& split,
                          ProgressLog& log) {
  const ExportedSplit exported = export_split(split.network, full);
  // In float32, as the graphs are computed, whatever numbers it was trained in.
  SplitNetwork exact(full, options.design, Arithmetic::kFloat32);
  copy_values(*split.network, *exact);
  const torch::Tensor pictures = plain_batch(data.validation, 0, std::min(kCompared, data.validation.size())).pictures;
  const auto difference = compare_split(exported, exact, pictures);
  if (!difference) return fail(difference.error());
  const double largest = std::max({difference->features, difference->local, difference->remote});
  log.line("exported; largest difference to LibTorch " + std::to_string(largest));
  if (!(largest <= kExportTolerance)) {
    return fail(ErrorCode::kInternal, {"an exported half differs from the trained one by ", largest});
  }
  const auto unit = export_device_unit(exact, data.train, {});
  if (!unit) return fail(unit.error());
  const auto compared = compare_device_unit(*unit, exact, data.validation);
  if (!compared) return fail(compared.error());
  log.line("device unit of " + std::to_string(unit->size()) + " bytes; " + describe(*compared));
  const double full_accuracy = accuracy(data.validation, [&](const auto& batch) { return full.logits(batch); });
  const std::pair<const char*, std::string> files[] = {
      {".device.onnx", exported.device},
      {".device.unit", std::string(unit->begin(), unit->end())},
      {".remote.onnx", exported.remote},
      {".full.onnx", full.onnx(WeightForm::kFloat32)},
      {".json",
       describe_split(options, full, exported, split.network->quantiser->tables(), full_accuracy, split.figures)}};
  for (const auto& [ending, bytes] : files) {
    if (auto written = write_atomically(split.files.string() + ending, bytes); !written) return written;
  }
  log.line("wrote " + split.files.string() + ".*");
  if (options.out.empty()) return {};
  if (auto written = write_split_bundle(options, data, full, exact, *unit, log); !written) return written;
  return add_notes(options.out, {data.class_names, split.figures.importance});
}

Result<void> check_training(std::string_view name, const TrainingOptions& training) {
  if (training.epochs > 0 && training.batch > 0 && training.peak_rate > 0 && training.rise > 0 && training.rise < 1)
    return {};
  return fail(ErrorCode::kInvalidArgument, {"the training of the ", name, " needs epochs, a batch and a rate above 0"});
}

// The extractor's features against the full model's pictures and cut.
Result<void> check_fit(const Options& options, const Classifier& full) {
  const std::int64_t stride = extractor_stride(options.design);
  if (full.side() % stride != 0) {
    return fail(ErrorCode::kInvalidArgument,
                {"pictures of ", full.side(), " pixels cannot be cut into patches of ", stride});
  }
  if (!can_lift(full.side() / stride, full.cut())) {
    return fail(ErrorCode::kInvalidArgument, {"features of ", full.side() / stride, " a side do not fit the cut's ",
                                              full.cut().side, "; choose another --patch or --cut"});
  }
  return {};
}

}  // namespace

Result<void> check(const Options& options) {
  if (options.name.empty() || options.work.empty() || options.data.empty()) {
    return fail(ErrorCode::kInvalidArgument, "a split network needs a name, labelled pictures and a work folder");
  }
  if (options.full.side % kSideMultiple != 0) {
    return fail(ErrorCode::kInvalidArgument, {"a full model of ", options.full.side, " pixels a side; it halves them ",
                                              "three times, so take a multiple of ", kSideMultiple});
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
  if (design.refinement % 2 == 0) {
    return fail(ErrorCode::kInvalidArgument,
                {"a refinement of ", design.refinement, "; a coarse value stands for an odd number of values"});
  }
  if (design.levels < 2 || design.levels > 256) {
    return fail(ErrorCode::kInvalidArgument, {"a codebook of ", design.levels, " levels; 2 to 256 can be coded"});
  }
  if (options.losses.importance < 0 || options.losses.importance >= 1) {
    return fail(ErrorCode::kInvalidArgument, "the importance losses' weight is a share of 0 to below 1");
  }
  for (const auto& [name, training] :
       {std::pair{"full model", &options.full_training}, std::pair{"entry", &options.entry_training},
        std::pair{"reference network", &options.reference_training},
        std::pair{"split network", &options.split_training}}) {
    if (auto checked = check_training(name, *training); !checked) return checked;
  }
  return {};
}

Result<void> run_split_fit(const Options& options, std::FILE* log_file) try {
  ProgressLog log(log_file);
  if (auto checked = check(options); !checked) return checked;
  prepare_torch(options.threads);
  auto made = make_full_model(options, log);
  if (!made) return fail(made.error());
  Classifier& full = *made->classifier;
  if (auto fits = check_fit(options, full); !fits) return fits;
  auto reference = train_reference(made->data, options, full, log);
  if (!reference) return fail(reference.error());
  auto split = train_split(made->data, options, full, *reference, log);
  if (!split) return fail(split.error());
  return export_files(options, made->data, full, *split, log);
} catch (const c10::Error& error) {
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what_without_backtrace());
} catch (const std::exception& error) {
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what());
}

}  // namespace sluice::train::splitnet
