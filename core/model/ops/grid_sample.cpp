// GridSample: reads an image at the positions that a grid names, between -1 and 1 over the picture.
#include <algorithm>
#include <cmath>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

enum class Sampling { kNearest, kBilinear, kBicubic };
enum class Border { kZeros, kBorder, kReflection };

// Positions far outside are all alike; a bound keeps their conversion to integers defined.
constexpr float kFar = 1e8F;

class GridSampleKernel final : public PlainKernel {
 public:
  GridSampleKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), align_corners_(node.int_or("align_corners", 0) != 0) {}

  Result<void> set_modes(std::string_view sampling, std::string_view border) {
    if (sampling == "bilinear" || sampling == "linear") sampling_ = Sampling::kBilinear;
    else if (sampling == "nearest") sampling_ = Sampling::kNearest;
    else if (sampling == "bicubic" || sampling == "cubic") sampling_ = Sampling::kBicubic;
    else return fail(ErrorCode::kUnsupportedOperator, {"mode '", sampling, "' is unknown"});
    if (border == "zeros") border_ = Border::kZeros;
    else if (border == "border") border_ = Border::kBorder;
    else if (border == "reflection") border_ = Border::kReflection;
    else return fail(ErrorCode::kUnsupportedOperator, {"padding_mode '", border, "' is unknown"});
    return {};
  }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    const Shape& grid = inputs[1].shape;
    if (inputs[0].type != DataType::kFloat32) return refuse_type("input", inputs[0].type, "float32");
    if (inputs[1].type != DataType::kFloat32) return refuse_type("grid", inputs[1].type, "float32");
    if (shape.rank() != 4 || shape[2] == 0 || shape[3] == 0) return refuse_shape("the input", shape, "[N, C, H, W]");
    if (grid.rank() != 4 || grid[0] != shape[0] || grid[3] != 2) return refuse_shape("grid", grid, "[N, H, W, 2]");
    const std::array<std::int64_t, 4> dims{shape[0], shape[1], grid[1], grid[2]};
    const auto result = bounded_shape(std::span<const std::int64_t>(dims), DataType::kFloat32);
    if (!result) return fail(result.error());
    outputs[0] = {DataType::kFloat32, *result};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const Shape& shape = inputs[0].shape;
    const std::int64_t points = inputs[1].shape[1] * inputs[1].shape[2];
    const float* x = inputs[0].as<float>().data();
    float* y = outputs[0].as<float>().data();
    for (std::int64_t n = 0; n < shape[0]; ++n) {
      const float* grid = inputs[1].as<float>().data() + n * points * 2;
      for (std::int64_t c = 0; c < shape[1]; ++c, x += shape[2] * shape[3]) {
        for (std::int64_t p = 0; p < points; ++p) {
          *y++ = sample(x, shape[2], shape[3], position(grid[2 * p + 1], shape[2]), position(grid[2 * p], shape[3]));
        }
      }
    }
    return {};
  }

 private:
  // From [-1, 1] to pixels.
  float position(float at, std::int64_t size) const {
    const auto length = static_cast<float>(size);
    const float pixel = align_corners_ ? (at + 1) / 2 * (length - 1) : ((at + 1) * length - 1) / 2;
    const float bounded = std::clamp(pixel == pixel ? pixel : 0.0F, -kFar, kFar);
    if (sampling_ == Sampling::kBicubic || border_ == Border::kZeros) return bounded;
    return border_ == Border::kBorder ? std::clamp(bounded, 0.0F, length - 1) : reflect(bounded, size);
  }

  // Folds a position back into the picture at its edges: at the outer pixels' centres, or half a pixel further.
  float reflect(float at, std::int64_t size) const {
    const float low = align_corners_ ? 0.0F : -0.5F;
    const float span = align_corners_ ? static_cast<float>(size - 1) : static_cast<float>(size);
    if (span <= 0) return 0;
    const float distance = std::fabs(at - low);
    const float folded = std::fmod(distance, 2 * span);
    return std::clamp(low + (folded <= span ? folded : 2 * span - folded), 0.0F, static_cast<float>(size - 1));
  }

  float pixel(const float* x, std::int64_t height, std::int64_t width, std::int64_t row, std::int64_t column) const {
    if (border_ == Border::kReflection) {
      row = std::lround(reflect(static_cast<float>(row), height));
      column = std::lround(reflect(static_cast<float>(column), width));
    } else if (border_ == Border::kBorder) {
      row = std::clamp<std::int64_t>(row, 0, height - 1);
      column = std::clamp<std::int64_t>(column, 0, width - 1);
    }
    if (row < 0 || row >= height || column < 0 || column >= width) return 0;
    return x[row * width + column];
  }

  float sample(const float* x, std::int64_t height, std::int64_t width, float at_y, float at_x) const {
    if (sampling_ == Sampling::kNearest) {
      return pixel(x, height, width, static_cast<std::int64_t>(std::nearbyint(at_y)),
                   static_cast<std::int64_t>(std::nearbyint(at_x)));
    }
    const auto top = static_cast<std::int64_t>(std::floor(at_y));
    const auto left = static_cast<std::int64_t>(std::floor(at_x));
    const float down = at_y - static_cast<float>(top);
    const float across = at_x - static_cast<float>(left);
    const int reach = sampling_ == Sampling::kBicubic ? 2 : 1;
    float result = 0;
    for (int i = 1 - reach; i <= reach; ++i) {
      for (int k = 1 - reach; k <= reach; ++k) {
        const float weight = this->weight(down - static_cast<float>(i)) * this->weight(across - static_cast<float>(k));
        result += weight * pixel(x, height, width, top + i, left + k);
      }
    }
    return result;
  }

  // Linear, or Keys' cubic (1981) with a = -0.75.
  float weight(float distance) const {
    const float d = std::fabs(distance);
    if (sampling_ == Sampling::kBilinear) return std::max(0.0F, 1 - d);
    constexpr float kA = -0.75F;
    if (d <= 1) return ((kA + 2) * d - (kA + 3)) * d * d + 1;
    return d < 2 ? ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA : 0;
  }

  Sampling sampling_ = Sampling::kBilinear;
  Border border_ = Border::kZeros;
  bool align_corners_;
};

}  // namespace

MadeKernel make_grid_sample(const Node& node, const KernelContext& context) {
  if (auto checked = check_arity(node, 2, 2); !checked) return fail(checked.error());
  auto kernel = std::make_unique<GridSampleKernel>(node, context);
  auto set = kernel->set_modes(node.string_or("mode", "bilinear"), node.string_or("padding_mode", "zeros"));
  if (!set) return fail(set.error());
  return kernel;
}

}  // namespace sluice::model::ops
