// IEEE 754 binary16, the half-precision element type of ONNX tensors, as a storage type. It converts to float exactly and from
// float and double by rounding to nearest even; arithmetic happens in float.
// Plain values; nothing fails.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/tensor/data_type.hpp"

namespace sluice::model::ops {

struct Float16 {
  std::uint16_t bits = 0;

  Float16() = default;
  explicit Float16(float value);
  explicit Float16(double value);
  template <typename T>
    requires std::is_integral_v<T>
  explicit Float16(T value) : Float16(static_cast<double>(value)) {}
  operator float() const;
};

static_assert(sizeof(Float16) == 2, "tensors store it as two bytes");

}  // namespace sluice::model::ops

namespace sluice {

template <>
inline constexpr DataType data_type_of<model::ops::Float16> = DataType::kFloat16;

}  // namespace sluice
