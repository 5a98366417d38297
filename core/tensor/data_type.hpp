// Element types of tensors, numbered as in ONNX's TensorProto.DataType, so that no table translates between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice {

enum class DataType : std::uint8_t {
  kUndefined = 0,
  kFloat32 = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kFloat64 = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBFloat16 = 16,
};

// Bytes of one element; 0 for kUndefined.
constexpr std::size_t element_size(DataType type) {
  switch (type) {
    case DataType::kUint8:
    case DataType::kInt8:
    case DataType::kBool: return 1;
    case DataType::kUint16:
    case DataType::kInt16:
    case DataType::kFloat16:
    case DataType::kBFloat16: return 2;
    case DataType::kFloat32:
    case DataType::kInt32:
    case DataType::kUint32: return 4;
    case DataType::kInt64:
    case DataType::kUint64:
    case DataType::kFloat64: return 8;
    case DataType::kUndefined: return 0;
  }
  return 0;
}

// Whole numbers, and truth values.
constexpr bool is_integer(DataType type) {
  return type != DataType::kUndefined && type != DataType::kFloat32 && type != DataType::kFloat64 &&
         type != DataType::kFloat16 && type != DataType::kBFloat16;
}

// "float32", "int64", ...; "undefined" for anything else.
std::string_view type_name(DataType type);

// The element type that a C++ type stands for.
template <typename T>
inline constexpr DataType data_type_of = [] {
  static_assert(sizeof(T) == 0, "no tensor has elements of this type");
  return DataType::kUndefined;
}();
template <>
inline constexpr DataType data_type_of<float> = DataType::kFloat32;
template <>
inline constexpr DataType data_type_of<double> = DataType::kFloat64;
template <>
inline constexpr DataType data_type_of<std::uint8_t> = DataType::kUint8;
template <>
inline constexpr DataType data_type_of<std::int8_t> = DataType::kInt8;
template <>
inline constexpr DataType data_type_of<std::uint16_t> = DataType::kUint16;
template <>
inline constexpr DataType data_type_of<std::int16_t> = DataType::kInt16;
template <>
inline constexpr DataType data_type_of<std::int32_t> = DataType::kInt32;
template <>
inline constexpr DataType data_type_of<std::uint32_t> = DataType::kUint32;
template <>
inline constexpr DataType data_type_of<std::int64_t> = DataType::kInt64;
template <>
inline constexpr DataType data_type_of<std::uint64_t> = DataType::kUint64;
template <>
inline constexpr DataType data_type_of<bool> = DataType::kBool;

}  // namespace sluice
