#include "native/train/splitnet/device_export.hpp"

#include <algorithm>
#include <cmath>

#include "core/split/coding/symbol_model_builder.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/device_batch.hpp"
#include "native/train/splitnet/integer_layers.hpp"

namespace sluice::train::splitnet {
namespace {

// What thresholds between centroids, which lie within 0 to 6, are whole numbers of; coarser where the sums are.
constexpr double kFinestThreshold = 1.0 / 4096;

// The bytes for a layer's values, from those it gave. Where all of a channel's but a share may be covered, each end gives up half of
// it.
ByteScale scale_of(const torch::Tensor& values, double clipped) {
  const torch::Tensor rows = values.transpose(0, 1).flatten(1).to(torch::kFloat32);
  const auto left_out = std::max<std::int64_t>(1, std::llround(clipped / 2 * static_cast<double>(rows.size(1))));
  return byte_scale(std::get<0>(rows.kthvalue(left_out, 1)),
                    std::get<0>(rows.kthvalue(rows.size(1) + 1 - left_out, 1)));
}

class DeviceExport {
 public:
  DeviceExport(SplitNetwork& network, const PictureSet& training, const DeviceExportOptions& options)
      : network_(network), options_(options) {
    values_ = plain_batch(training, 0, std::min(options.pictures, training.size())).pictures;
    plan_.picture_width = static_cast<std::uint16_t>(training.width());
    plan_.picture_height = static_cast<std::uint16_t>(training.height());
  }

  split::UnitPlan make() {
    const SplitDesign& design = network_->design();
    std::vector<double> sum_scales;
    for (const ConvNorm& layer : network_->extractor->layers()) sum_scales = add(layer);
    plan_.features_layer = static_cast<std::uint16_t>(plan_.layers.size() - 1);
    plan_.local_channels = static_cast<std::uint16_t>(design.local_channels);
    set_symbols(sum_scales);
    for (const ConvNorm& layer : network_->local->layers()) add(layer);
    add_head();
    const torch::Tensor shares = network_->combination->shares().to(torch::kFloat32).contiguous();
    plan_.shares.assign(shares.data_ptr<float>(), shares.data_ptr<float>() + shares.numel());
    // Where the remote answer is the only one, it is so as soon as anything arrives.
    if (design.remote_only) std::fill(plan_.shares.begin() + 1, plan_.shares.end(), 0.0F);
    return std::move(plan_);
  }

 private:
  // Returns what the sums stand for.
  std::vector<double> add(const ConvNorm& layer) {
    values_ = ConvNorm(layer)->forward(values_);
    IntegerLayer made = integer_convolution(layer, scale_, scale_of(values_, options_.clipped), plan_.layers.empty());
    plan_.layers.push_back(std::move(made.plan));
    scale_ = made.output;
    return std::move(made.sum_scales);
  }

  void set_symbols(const std::vector<double>& sum_scales) {
    const SymbolRange range = symbol_range(network_->design());
    plan_.first_symbol = static_cast<std::int16_t>(range.first);
    plan_.last_symbol = static_cast<std::int16_t>(range.last);
    const bool codebook = network_->design().quantiser == QuantiserForm::kCodebook;
    const double coarsest = *std::max_element(sum_scales.begin(), sum_scales.end());
    const double unit = codebook ? std::max(kFinestThreshold, 2 * coarsest) : 1;
    for (const double scale : sum_scales) plan_.symbol_factors.push_back(scale / unit);
    if (!codebook) return;
    const std::vector<float> centroids = network_->quantiser->tables().values;
    for (std::size_t i = 1; i < centroids.size(); ++i) {
      const double middle = (static_cast<double>(centroids[i - 1]) + static_cast<double>(centroids[i])) / 2;
      plan_.thresholds.push_back(static_cast<std::int32_t>(std::llround(middle / unit)));
    }
  }

  void add_head() {
    const torch::nn::Linear& head = network_->local->head;
    torch::Tensor weight = head->weight;
    const std::int64_t channels = values_.size(1);
    if (network_->design().local == LocalForm::kPooled) {
      // It looks at the local channels only; the others weigh nothing.
      weight = torch::zeros({head->options.out_features(), channels});
      weight.narrow(1, 0, network_->design().local_channels).copy_(head->weight);
    }
    IntegerHead made = integer_head(weight, head->bias, scale_, values_.size(2) * values_.size(3));
    plan_.layers.push_back(std::move(made.plan));
    plan_.logit_scale = static_cast<float>(made.logit_scale);
  }

  SplitNetwork& network_;
  DeviceExportOptions options_;
  torch::Tensor values_;  // of the layer before
  ByteScale scale_ = picture_scale();
  split::UnitPlan plan_;
};

// From the symbols that a unit gives for the pictures.
Result<std::vector<std::uint8_t>> learn_coding(std::span<const std::uint8_t> bytes, const SplitDesign& design,
                                               const torch::Tensor& pictures) {
  split::DeviceUnit unit;
  if (const auto status = split::read_device_unit(bytes, unit); status != split::UnitStatus::kGood)
    return fail(ErrorCode::kInternal, {"the device unit: ", split::describe(status)});
  const torch::Tensor sent = run_device_unit(unit, pictures).sent.contiguous();
  split::SymbolModelOptions options;
  if (design.refines()) options.refinement = static_cast<std::uint32_t>(design.refinement);
  return split::build_symbol_model({unit.sent_channels(),
                                    unit.feature_width,
                                    unit.feature_height,
                                    {sent.data_ptr<std::int8_t>(), static_cast<std::size_t>(sent.numel())}},
                                   options);
}

}  // namespace

SymbolRange symbol_range(const SplitDesign& design) {
  if (design.quantiser == QuantiserForm::kCodebook) return {0, design.levels - 1};
  return {-kLargestSymbol, kLargestSymbol};
}

Result<std::vector<std::uint8_t>> export_device_unit(SplitNetwork& network, const PictureSet& training,
                                                     const DeviceExportOptions& options) {
  torch::NoGradGuard no_gradient;
  network->eval();
  split::UnitPlan plan = DeviceExport(network, training, options).make();
  split::UnitPlan uncoded_plan = plan;
  uncoded_plan.shares.resize(static_cast<std::size_t>(network->design().sent_channels()) + 1);
  const auto uncoded = split::write_device_unit(uncoded_plan);
  if (!uncoded) return fail(uncoded.error());
  const std::int64_t coded = std::min(options.coded_pictures, training.size());
  auto coding = learn_coding(*uncoded, network->design(), training.pictures.slice(0, 0, coded));
  if (!coding) return fail(coding.error());
  plan.coding = std::move(*coding);
  return split::write_device_unit(plan);
}

}  // namespace sluice::train::splitnet
