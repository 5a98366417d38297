// Along one axis, a resized tensor is a weighted sum of input elements at each output position: one for nearest, two for
// linear, four for cubic, more with antialiasing. This makes those lists of indices and weights from Resize's attributes.
// Plain data; semantics: the ONNX specification of Resize, opsets 10 to 19.
#pragma once

#include <cstdint>
#include <vector>

#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {

enum class Interpolation { kNearest, kLinear, kCubic };
enum class Coordinates {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kHalfPixelForNearest,  // tf_half_pixel_for_nn
  kCropAndResize
};
enum class Rounding { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };

struct ResizeMode {
  Interpolation interpolation = Interpolation::kNearest;
  Coordinates coordinates = Coordinates::kHalfPixel;
  Rounding rounding = Rounding::kRoundPreferFloor;
  float cubic_coefficient = -0.75F;
  bool exclude_outside = false;
  bool antialias = false;

  // From a node of Resize at this opset, or of Upsample where `upsample`.
  static Result<ResizeMode> read(const Node& node, std::int64_t opset, bool upsample);
};

// How one axis is resized.
struct ResizeAxis {
  std::int64_t input = 0;
  std::int64_t output = 0;
  double scale = 1;
  double roi_start = 0;  // kCropAndResize only
  double roi_end = 1;
};

struct AxisTaps {
  std::size_t per_output = 1;
  std::vector<std::int32_t> indices;  // of input elements, per_output for each output position
  std::vector<float> weights;         // the same number
  std::vector<bool> outside;          // kCropAndResize: positions that lie outside the input

  bool is_identity(std::int64_t input) const;
};

AxisTaps make_taps(const ResizeMode& mode, const ResizeAxis& axis);
// Weights of one output position, for the limit on working space.
std::int64_t taps_per_output(const ResizeMode& mode, const ResizeAxis& axis);

}  // namespace sluice::model::ops
