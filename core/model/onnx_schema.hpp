// The fields of ONNX's protobuf messages that Sluice reads and writes, by number, and the forms in which protobuf stores them.
// Source: onnx/onnx.proto of the ONNX specification (IR version 3 to 10).
#pragma once

#include <cstdint>
#include <protozero/data_view.hpp>
#include <protozero/types.hpp>
#include <string_view>

namespace sluice::model::onnx {

inline constexpr auto kVarint = protozero::pbf_wire_type::varint;
inline constexpr auto kFixed32 = protozero::pbf_wire_type::fixed32;
inline constexpr auto kFixed64 = protozero::pbf_wire_type::fixed64;
inline constexpr auto kBlock = protozero::pbf_wire_type::length_delimited;

// The text of a field, in the file's own bytes.
inline std::string_view as_string_view(protozero::data_view view) { return {view.data(), view.size()}; }

enum class ModelField : protozero::pbf_tag_type {
  kIrVersion = 1,
  kProducerName = 2,
  kGraph = 7,
  kOpsetImport = 8,
};

enum class OpsetField : protozero::pbf_tag_type { kDomain = 1, kVersion = 2 };

enum class GraphField : protozero::pbf_tag_type {
  kNode = 1,
  kName = 2,
  kInitializer = 5,
  kInput = 11,
  kOutput = 12,
  kSparseInitializer = 15,
};

enum class NodeField : protozero::pbf_tag_type {
  kInput = 1,
  kOutput = 2,
  kName = 3,
  kOpType = 4,
  kAttribute = 5,
  kDomain = 7,
};

enum class AttributeField : protozero::pbf_tag_type {
  kName = 1,
  kFloat = 2,
  kInt = 3,
  kString = 4,
  kTensor = 5,
  kGraph = 6,
  kFloats = 7,
  kInts = 8,
  kStrings = 9,
  kTensors = 10,
  kGraphs = 11,
  kTypeProto = 14,
  kTypeProtos = 15,
  kType = 20,
  kRefAttrName = 21,
  kSparseTensor = 22,
  kSparseTensors = 23,
};

enum class AttributeType : std::int32_t {
  kUndefined = 0,
  kFloat = 1,
  kInt = 2,
  kString = 3,
  kTensor = 4,
  kGraph = 5,
  kFloats = 6,
  kInts = 7,
  kStrings = 8,
  kGraphs = 10,
};

enum class TensorField : protozero::pbf_tag_type {
  kDims = 1,
  kDataType = 2,
  kSegment = 3,
  kFloatData = 4,
  kInt32Data = 5,
  kStringData = 6,
  kInt64Data = 7,
  kName = 8,
  kRawData = 9,
  kDoubleData = 10,
  kUint64Data = 11,
  kExternalData = 13,
  kDataLocation = 14,
};

enum class ValueInfoField : protozero::pbf_tag_type { kName = 1, kType = 2 };
enum class TypeField : protozero::pbf_tag_type { kTensor = 1 };
enum class TensorTypeField : protozero::pbf_tag_type { kElementType = 1, kShape = 2 };
enum class ShapeField : protozero::pbf_tag_type { kDim = 1 };
enum class DimField : protozero::pbf_tag_type { kValue = 1, kParam = 2 };

// The oldest and newest file formats that are read.
inline constexpr std::int64_t kMinIrVersion = 3;
inline constexpr std::int64_t kMaxIrVersion = 10;

}  // namespace sluice::model::onnx
