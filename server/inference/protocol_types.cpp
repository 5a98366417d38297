#include "server/inference/protocol_types.hpp"

#include <array>
#include <utility>

namespace sluice::server {

namespace {

constexpr std::array<std::pair<std::string_view, DataType>, 12> kTypes = {{
    {"BOOL", DataType::kBool},
    {"UINT8", DataType::kUint8},
    {"UINT16", DataType::kUint16},
    {"UINT32", DataType::kUint32},
    {"UINT64", DataType::kUint64},
    {"INT8", DataType::kInt8},
    {"INT16", DataType::kInt16},
    {"INT32", DataType::kInt32},
    {"INT64", DataType::kInt64},
    {"FP16", DataType::kFloat16},
    {"FP32", DataType::kFloat32},
    {"FP64", DataType::kFloat64},
}};

}  // namespace

std::optional<DataType> from_protocol_type(std::string_view name) {
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return std::nullopt;
}

std::string_view to_protocol_type(DataType type) {
  for (const auto& [name, known] : kTypes) {
    if (known == type) return name;
  }
  return {};
}

}  // namespace sluice::server
