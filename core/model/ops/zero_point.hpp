// Scales and zero points of quantised tensors as inputs of an operator: one number, or one for each channel.
// Views borrow the inputs for one run.
#pragma once

#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {

using ByteTypes = Types<std::uint8_t, std::int8_t>;

// kInvalidGraph unless the tensor holds one number or, where `channels` is positive, a vector of that many.
inline Result<void> check_per_channel(std::string_view what, const TensorView& tensor, std::int64_t channels) {
  if (tensor.shape.rank() <= 1 && tensor.shape.element_count() == 1) return {};
  if (channels > 0 && tensor.shape == Shape{channels}) return {};
  return refuse_shape(what, tensor.shape, channels > 0 ? "one number or " + std::to_string(channels) : "one number");
}

// Values as int32, one for all channels or one each; an absent input is 0.
class ZeroPoints {
 public:
  explicit ZeroPoints(Inputs inputs, std::size_t index) {
    if (is_present(inputs, index)) tensor_ = inputs[index];
  }

  std::int32_t operator[](std::int64_t channel) const {
    if (tensor_.bytes.empty()) return 0;
    const std::size_t at = tensor_.bytes.size() == element_size(tensor_.type) ? 0 : static_cast<std::size_t>(channel);
    switch (tensor_.type) {
      case DataType::kUint8: return tensor_.as<std::uint8_t>()[at];
      case DataType::kInt8: return tensor_.as<std::int8_t>()[at];
      case DataType::kUint16: return tensor_.as<std::uint16_t>()[at];
      case DataType::kInt16: return tensor_.as<std::int16_t>()[at];
      case DataType::kInt32: return tensor_.as<std::int32_t>()[at];
      default: return 0;
    }
  }

 private:
  TensorView tensor_;
};

class Scales {
 public:
  explicit Scales(const TensorView& tensor) : values_(tensor.as<float>()) {}
  float operator[](std::int64_t channel) const {
    return values_[values_.size() == 1 ? 0 : static_cast<std::size_t>(channel)];
  }

 private:
  std::span<const float> values_;
};

// x / scale + zero point, rounded to nearest even and saturated to [low, high].
inline std::int32_t quantize(float x, float scale, std::int32_t zero_point, std::int32_t low, std::int32_t high) {
  const float scaled = __builtin_nearbyintf(x / scale) + static_cast<float>(zero_point);
  if (!(scaled >= static_cast<float>(low))) return low;  // and NaN
  if (scaled >= static_cast<float>(high)) return high;
  return static_cast<std::int32_t>(scaled);
}

}  // namespace sluice::model::ops
