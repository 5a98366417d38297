// RoiAlign: regions of a feature map resampled to one size (He et al., Mask R-CNN, 2017, section 3).
#include <algorithm>
#include <cmath>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

// Beyond this many samples along one side of a bin a region is not one of any picture, and would take for ever.
constexpr float kMostSamples = 1024;

class RoiAlignKernel final : public PlainKernel {
 public:
  RoiAlignKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        height_(node.int_or("output_height", 1)),
        width_(node.int_or("output_width", 1)),
        samples_(node.int_or("sampling_ratio", 0)),
        scale_(node.float_or("spatial_scale", 1.0F)),
        takes_largest_(node.string_or("mode", "avg") == "max") {
    // Opset 10 knows no shift by half a pixel.
    const std::string_view fallback = context.graph.opset < 16 ? "output_half_pixel" : "half_pixel";
    shifts_ = node.string_or("coordinate_transformation_mode", fallback) == "half_pixel";
  }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    const Shape& rois = inputs[1].shape;
    if (inputs[0].type != DataType::kFloat32) return refuse_type("input", inputs[0].type, "float32");
    if (inputs[1].type != DataType::kFloat32) return refuse_type("rois", inputs[1].type, "float32");
    if (inputs[2].type != DataType::kInt64) return refuse_type("batch_indices", inputs[2].type, "int64");
    if (shape.rank() != 4 || shape[2] == 0 || shape[3] == 0) return refuse_shape("the input", shape, "[N, C, H, W]");
    if (rois.rank() != 2 || rois[1] != 4) return refuse_shape("rois", rois, "[regions, 4]");
    if (inputs[2].shape != Shape{rois[0]}) return refuse_shape("batch_indices", inputs[2].shape, "one for each region");
    if (samples_ < 0 || static_cast<float>(samples_) > kMostSamples) {
      return fail(ErrorCode::kInvalidGraph, {"sampling_ratio is ", samples_, "; expected 0 to 1024"});
    }
    const std::array<std::int64_t, 4> dims{rois[0], shape[1], height_, width_};
    const auto result = bounded_shape(std::span<const std::int64_t>(dims), DataType::kFloat32);
    if (!result) return fail(result.error());
    outputs[0] = {DataType::kFloat32, *result};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const Shape& shape = inputs[0].shape;
    const auto rois = inputs[1].as<float>();
    const auto images = inputs[2].as<std::int64_t>();
    float* y = outputs[0].as<float>().data();
    const std::int64_t plane = shape[2] * shape[3];
    for (std::size_t r = 0; r < images.size(); ++r) {
      if (images[r] < 0 || images[r] >= shape[0]) {
        return fail(ErrorCode::kExecutionFailed, {"batch index ", images[r], " is outside a batch of ", shape[0]});
      }
      Region region = place(rois.subspan(r * 4, 4));
      if (!(static_cast<float>(region.rows) <= kMostSamples) || !(static_cast<float>(region.columns) <= kMostSamples)) {
        return fail(ErrorCode::kExecutionFailed, {"region ", r, " is too large"});
      }
      for (std::int64_t c = 0; c < shape[1]; ++c) {
        const float* x = inputs[0].as<float>().data() + (images[r] * shape[1] + c) * plane;
        for (std::int64_t row = 0; row < height_; ++row) {
          for (std::int64_t column = 0; column < width_; ++column) *y++ = pool(x, shape, region, row, column);
        }
      }
    }
    return {};
  }

 private:
  struct Region {
    float top = 0;
    float left = 0;
    float bin_height = 0;
    float bin_width = 0;
    std::int64_t rows = 1;  // samples in each bin
    std::int64_t columns = 1;
  };

  Region place(std::span<const float> roi) const {
    const float shift = shifts_ ? 0.5F : 0.0F;
    Region region{.top = roi[1] * scale_ - shift, .left = roi[0] * scale_ - shift};
    float width = roi[2] * scale_ - shift - region.left;
    float height = roi[3] * scale_ - shift - region.top;
    if (!shifts_) {
      width = std::max(width, 1.0F);
      height = std::max(height, 1.0F);
    }
    region.bin_height = height / static_cast<float>(height_);
    region.bin_width = width / static_cast<float>(width_);
    const auto count = [&](float bin) {
      if (samples_ > 0) return samples_;
      const float wanted = std::ceil(bin);
      return wanted >= 0 && wanted <= kMostSamples ? static_cast<std::int64_t>(wanted)
                                                   : static_cast<std::int64_t>(wanted < 0 ? 0 : kMostSamples + 1);
    };
    region.rows = count(region.bin_height);
    region.columns = count(region.bin_width);
    return region;
  }

  float pool(const float* x, const Shape& shape, const Region& region, std::int64_t row, std::int64_t column) const {
    float result = 0;
    bool any = false;
    for (std::int64_t i = 0; i < region.rows; ++i) {
      const float at_y =
          region.top + region.bin_height *
                           (static_cast<float>(row) + (static_cast<float>(i) + 0.5F) / static_cast<float>(region.rows));
      for (std::int64_t k = 0; k < region.columns; ++k) {
        const float at_x =
            region.left + region.bin_width * (static_cast<float>(column) +
                                              (static_cast<float>(k) + 0.5F) / static_cast<float>(region.columns));
        const float value = sample(x, shape[2], shape[3], at_y, at_x);
        result = takes_largest_ ? (any ? std::max(result, value) : value) : result + value;
        any = true;
      }
    }
    if (takes_largest_ || !any) return result;
    return result / static_cast<float>(region.rows * region.columns);
  }

  // Bilinear; 0 more than a pixel outside, clamped within that.
  static float sample(const float* x, std::int64_t height, std::int64_t width, float at_y, float at_x) {
    const auto h = static_cast<float>(height);
    const auto w = static_cast<float>(width);
    if (!(at_y >= -1.0F && at_y <= h && at_x >= -1.0F && at_x <= w)) return 0;
    at_y = std::clamp(at_y, 0.0F, h - 1);
    at_x = std::clamp(at_x, 0.0F, w - 1);
    const auto top = static_cast<std::int64_t>(at_y);
    const auto left = static_cast<std::int64_t>(at_x);
    const std::int64_t bottom = std::min(top + 1, height - 1);
    const std::int64_t right = std::min(left + 1, width - 1);
    const float down = at_y - static_cast<float>(top);
    const float across = at_x - static_cast<float>(left);
    const float upper = x[top * width + left] * (1 - across) + x[top * width + right] * across;
    const float lower = x[bottom * width + left] * (1 - across) + x[bottom * width + right] * across;
    return upper * (1 - down) + lower * down;
  }

  std::int64_t height_;
  std::int64_t width_;
  std::int64_t samples_;
  float scale_;
  bool takes_largest_;
  bool shifts_ = false;
};

}  // namespace

MadeKernel make_roi_align(const Node& node, const KernelContext& context) {
  return make_plain<RoiAlignKernel>(node, context, 3, 3);
}

}  // namespace sluice::model::ops
