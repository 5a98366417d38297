#include "native/train/splitnet/split_bundle.hpp"

#include <algorithm>

#include "native/bundle/bundle_folder.hpp"
#include "native/eval/split/split_points.hpp"
#include "native/train/splitnet/split_export.hpp"
#include "native/train/splitnet/split_trainer.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::uint32_t kMostInOneRun = 32;

// Symbols of a codebook are numbers of its centroids; whole numbers stand for themselves.
std::vector<float> symbol_values(const SplitDesign& design, const QuantiserImpl& quantiser) {
  return design.quantiser == QuantiserForm::kCodebook ? quantiser.tables().values : std::vector<float>();
}

pipeline::Manifest make_manifest(const Options& options, const Classifier& full, const QuantiserImpl& quantiser) {
  pipeline::Manifest manifest;
  manifest.name = options.name;
  manifest.version = options.version;
  manifest.description = options.description;
  manifest.parts = {{"model", "model.onnx", 0, ""}, {"device", "device.unit", 0, ""}, {"remote", "remote.onnx", 0, ""}};
  manifest.model.part = "model";
  manifest.model.input = full.input();
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.batching = {.axis = 0, .max_batch = kMostInOneRun, .max_delay_us = 0};
  // Until it is measured, one point that promises nothing.
  manifest.split = pipeline::SplitSpec{"device", "remote", symbol_values(options.design, quantiser), {{0, 0}}};
  return manifest;
}

}  // namespace

Result<void> write_split_bundle(const Options& options, const LabelledData& data, Classifier& full,
                                SplitNetwork& network, const std::vector<std::uint8_t>& unit, ProgressLog& log) {
  bundle::Bundle made;
  made.manifest = make_manifest(options, full, *network->quantiser);
  made.parts["model"] = full.onnx(WeightForm::kFloat16);
  made.parts["remote"] = export_remote(network, full, WeightForm::kFloat16);
  made.parts["device"].assign(unit.begin(), unit.end());

  std::vector<std::uint32_t> cuts;
  for (const std::int64_t cut : usual_cuts(options.design.coded_channels())) {
    cuts.push_back(static_cast<std::uint32_t>(cut));
  }
  log.line("measuring what each number of channels keeps, on the pictures that were kept back");
  const auto measured =
      eval::measure_split(made, to_pictures(data.validation), cuts, 1, [](std::size_t, std::size_t) {});
  if (!measured) return fail(measured.error());
  made.manifest.split->points = eval::split_points(*measured);
  if (made.manifest.split->points.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the halves never agree with the full model on the pictures kept back");
  }
  const pipeline::SplitPoint most = made.manifest.split->points.back();
  made.manifest.default_target = std::min(static_cast<float>(options.default_target), most.target);
  if (most.target < options.default_target) {
    log.line("no number of channels promises " + std::to_string(options.default_target) + ", so the bundle asks for " +
             std::to_string(most.target) +
             (most.channels == 0 ? ", which the guess alone keeps: the server is never asked" : "") +
             "; more pictures, --split-epochs or --channels get nearer the full model");
  }
  for (const pipeline::SplitPoint& point : made.manifest.split->points) {
    log.line("target " + std::to_string(point.target) + ": " + std::to_string(point.channels) + " channels");
  }
  if (auto written = bundle::replace_bundle(options.out, std::move(made)); !written) return written;
  log.line("wrote " + options.out.string());
  return {};
}

}  // namespace sluice::train::splitnet
