#include "core/model/ops/resize_taps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace sluice::model::ops {
namespace {

template <typename T, std::size_t N>
Result<T> choose(std::string_view attribute, std::string_view name,
                 const std::array<std::pair<std::string_view, T>, N>& choices) {
  for (const auto& [known, value] : choices) {
    if (known == name) return value;
  }
  return fail(ErrorCode::kUnsupportedOperator, {attribute, " '", name, "' is not one of this opset"});
}

// Keys' cubic kernel (1981) with coefficient a.
double cubic(double distance, double a) {
  const double x = std::fabs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

double triangle(double distance) { return std::max(0.0, 1 - std::fabs(distance)); }

double input_position(const ResizeMode& mode, const ResizeAxis& axis, std::int64_t output) {
  const auto x = static_cast<double>(output);
  const auto in = static_cast<double>(axis.input);
  const auto out = static_cast<double>(axis.output);
  switch (mode.coordinates) {
    case Coordinates::kHalfPixel: return (x + 0.5) / axis.scale - 0.5;
    case Coordinates::kHalfPixelSymmetric: {
      // Keeps the picture centred where the output was rounded to a whole size.
      const double adjustment = out / (axis.scale * in);
      return in / 2 * (1 - adjustment) + (x + 0.5) / axis.scale - 0.5;
    }
    case Coordinates::kPytorchHalfPixel: return axis.output > 1 ? (x + 0.5) / axis.scale - 0.5 : 0;
    case Coordinates::kAlignCorners: {
      // The output's length before it was rounded down to a whole number.
      const double length = in * axis.scale;
      return axis.output > 1 ? x * (in - 1) / (length - 1) : 0;
    }
    case Coordinates::kAsymmetric: return x / axis.scale;
    case Coordinates::kHalfPixelForNearest: return (x + 0.5) / axis.scale;
    case Coordinates::kCropAndResize:
      if (axis.output <= 1) return 0.5 * (axis.roi_start + axis.roi_end) * (in - 1);
      return axis.roi_start * (in - 1) + x * (axis.roi_end - axis.roi_start) * (in - 1) / (out - 1);
  }
  return x;
}

double round_position(double x, Rounding rounding) {
  switch (rounding) {
    case Rounding::kRoundPreferFloor: return std::ceil(x - 0.5);
    case Rounding::kRoundPreferCeil: return std::floor(x + 0.5);
    case Rounding::kFloor: return std::floor(x);
    case Rounding::kCeil: return std::ceil(x);
  }
  return x;
}

// The stretch of the filter when antialiasing shrinks.
double stretch(const ResizeMode& mode, const ResizeAxis& axis) {
  return mode.antialias && axis.scale < 1 ? 1 / axis.scale : 1;
}

}  // namespace

Result<ResizeMode> ResizeMode::read(const Node& node, std::int64_t opset, bool upsample) {
  ResizeMode mode;
  const auto interpolation =
      choose("mode", node.string_or("mode", "nearest"),
             std::array<std::pair<std::string_view, Interpolation>, 4>{{{"nearest", Interpolation::kNearest},
                                                                        {"linear", Interpolation::kLinear},
                                                                        {"bilinear", Interpolation::kLinear},
                                                                        {"cubic", Interpolation::kCubic}}});
  if (!interpolation) return fail(interpolation.error());
  mode.interpolation = *interpolation;
  if (upsample || opset < 11) {
    mode.coordinates = Coordinates::kAsymmetric;
    mode.rounding = Rounding::kFloor;
    if (mode.interpolation == Interpolation::kCubic) {
      return fail(ErrorCode::kUnsupportedOperator, "mode 'cubic' needs opset 11");
    }
    return mode;
  }
  const auto coordinates =
      choose("coordinate_transformation_mode", node.string_or("coordinate_transformation_mode", "half_pixel"),
             std::array<std::pair<std::string_view, Coordinates>, 7>{
                 {{"half_pixel", Coordinates::kHalfPixel},
                  {"half_pixel_symmetric", Coordinates::kHalfPixelSymmetric},
                  {"pytorch_half_pixel", Coordinates::kPytorchHalfPixel},
                  {"align_corners", Coordinates::kAlignCorners},
                  {"asymmetric", Coordinates::kAsymmetric},
                  {"tf_half_pixel_for_nn", Coordinates::kHalfPixelForNearest},
                  {"tf_crop_and_resize", Coordinates::kCropAndResize}}});
  if (!coordinates) return fail(coordinates.error());
  const auto rounding =
      choose("nearest_mode", node.string_or("nearest_mode", "round_prefer_floor"),
             std::array<std::pair<std::string_view, Rounding>, 4>{{{"round_prefer_floor", Rounding::kRoundPreferFloor},
                                                                   {"round_prefer_ceil", Rounding::kRoundPreferCeil},
                                                                   {"floor", Rounding::kFloor},
                                                                   {"ceil", Rounding::kCeil}}});
  if (!rounding) return fail(rounding.error());
  mode.coordinates = *coordinates;
  mode.rounding = *rounding;
  mode.cubic_coefficient = node.float_or("cubic_coeff_a", -0.75F);
  mode.exclude_outside = node.int_or("exclude_outside", 0) != 0;
  mode.antialias = node.int_or("antialias", 0) != 0;
  return mode;
}

bool AxisTaps::is_identity(std::int64_t input) const {
  if (per_output != 1 || indices.size() != static_cast<std::size_t>(input)) return false;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] != static_cast<std::int32_t>(i) || outside[i]) return false;
  }
  return true;
}

std::int64_t taps_per_output(const ResizeMode& mode, const ResizeAxis& axis) {
  if (mode.interpolation == Interpolation::kNearest) return 1;
  const double radius = (mode.interpolation == Interpolation::kCubic ? 2.0 : 1.0) * stretch(mode, axis);
  // No more than the axis has can be inside, and a little slack for positions between two elements.
  return static_cast<std::int64_t>(2 * std::ceil(std::min(radius, static_cast<double>(axis.input) + 2)));
}

AxisTaps make_taps(const ResizeMode& mode, const ResizeAxis& axis) {
  AxisTaps taps;
  const auto count = static_cast<std::size_t>(axis.output);
  const bool unchanged = axis.input == axis.output && axis.scale == 1 &&
                         mode.coordinates != Coordinates::kCropAndResize &&
                         mode.coordinates != Coordinates::kHalfPixelForNearest;
  taps.per_output = unchanged ? 1 : static_cast<std::size_t>(taps_per_output(mode, axis));
  taps.indices.resize(count * taps.per_output);
  taps.weights.assign(count * taps.per_output, 1.0F);
  taps.outside.assign(count, false);
  const double last = static_cast<double>(axis.input - 1);
  const double wide = stretch(mode, axis);
  for (std::size_t i = 0; i < count; ++i) {
    const double x = unchanged ? static_cast<double>(i) : input_position(mode, axis, static_cast<std::int64_t>(i));
    if (mode.coordinates == Coordinates::kCropAndResize) taps.outside[i] = !(x >= 0 && x <= last);
    std::int32_t* indices = taps.indices.data() + i * taps.per_output;
    if (taps.per_output == 1) {
      const double nearest = unchanged ? x : round_position(x, mode.rounding);
      indices[0] = static_cast<std::int32_t>(std::clamp(nearest == nearest ? nearest : 0.0, 0.0, last));
      continue;
    }
    float* weights = taps.weights.data() + i * taps.per_output;
    const double centre = std::clamp(x == x ? x : 0.0, -2.0 * wide - 2, last + 2 * wide + 2);
    const double first = std::floor(centre) - static_cast<double>(taps.per_output / 2) + 1;
    double total = 0;
    for (std::size_t k = 0; k < taps.per_output; ++k) {
      const double at = first + static_cast<double>(k);
      const double distance = (at - centre) / wide;
      double weight = mode.interpolation == Interpolation::kCubic
                          ? cubic(distance, static_cast<double>(mode.cubic_coefficient))
                          : triangle(distance);
      if (mode.exclude_outside && (at < 0 || at > last)) weight = 0;
      indices[k] = static_cast<std::int32_t>(std::clamp(at, 0.0, last));
      weights[k] = static_cast<float>(weight);
      total += weight;
    }
    // Stretched filters and those cut at the edge do not sum to 1 by themselves.
    if ((mode.exclude_outside || wide > 1) && total != 0) {
      for (std::size_t k = 0; k < taps.per_output; ++k)
        weights[k] = static_cast<float>(static_cast<double>(weights[k]) / total);
    }
  }
  return taps;
}

}  // namespace sluice::model::ops
