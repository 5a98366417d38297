#include "core/model/onnx_tensor.hpp"

#include <algorithm>
#include <cstring>
#include <protozero/pbf_message.hpp>
#include <vector>

#include "core/model/graph.hpp"
#include "core/model/onnx_schema.hpp"

namespace sluice::model::onnx {
namespace {

using protozero::pbf_message;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

constexpr auto kVarint = pbf_wire_type::varint;
constexpr auto kBlock = pbf_wire_type::length_delimited;

struct Header {
  std::string_view name;
  std::vector<std::int64_t> dims;
  std::int32_t type = 0;
  std::optional<protozero::data_view> raw;
  std::size_t typed_count = 0;  // elements in the typed fields together
  bool external = false;
  bool strings = false;
};

std::string_view as_string_view(protozero::data_view view) { return {view.data(), view.size()}; }

std::size_t count_varints(protozero::data_view packed) {
  return static_cast<std::size_t>(
      std::count_if(packed.data(), packed.data() + packed.size(), [](char c) { return (c & 0x80) == 0; }));
}

Result<void> add_dim(Header& header, std::int64_t dim) {
  if (header.dims.size() == Shape::kMaxRank || dim < 0) {
    return fail(ErrorCode::kMalformedModel,
                "tensor '" + clip_name(header.name) + "' has " +
                    (dim < 0 ? "a negative dimension, " + std::to_string(dim)
                             : "more than " + std::to_string(Shape::kMaxRank) + " dimensions"));
  }
  header.dims.push_back(dim);
  return {};
}

Result<Header> read_header(protozero::data_view bytes) {
  Header header;
  for (pbf_message<TensorField> name(bytes); name.next(TensorField::kName, kBlock);)
    header.name = as_string_view(name.get_view());
  pbf_message<TensorField> message(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case tag_and_type(TensorField::kDims, kVarint):
        if (auto added = add_dim(header, message.get_int64()); !added) return fail(added.error());
        break;
      case tag_and_type(TensorField::kDims, kBlock):
        for (const std::int64_t dim : message.get_packed_int64()) {
          if (auto added = add_dim(header, dim); !added) return fail(added.error());
        }
        break;
      case tag_and_type(TensorField::kDataType, kVarint): header.type = message.get_int32(); break;
      case tag_and_type(TensorField::kRawData, kBlock): header.raw = message.get_view(); break;
      case tag_and_type(TensorField::kFloatData, kBlock):
        header.typed_count += message.get_view().size() / sizeof(float);
        break;
      case tag_and_type(TensorField::kDoubleData, kBlock):
        header.typed_count += message.get_view().size() / sizeof(double);
        break;
      case tag_and_type(TensorField::kInt32Data, kBlock):
      case tag_and_type(TensorField::kInt64Data, kBlock):
      case tag_and_type(TensorField::kUint64Data, kBlock):
        header.typed_count += count_varints(message.get_view());
        break;
      case tag_and_type(TensorField::kFloatData, pbf_wire_type::fixed32):
      case tag_and_type(TensorField::kDoubleData, pbf_wire_type::fixed64):
      case tag_and_type(TensorField::kInt32Data, kVarint):
      case tag_and_type(TensorField::kInt64Data, kVarint):
      case tag_and_type(TensorField::kUint64Data, kVarint):
        ++header.typed_count;
        message.skip();
        break;
      case tag_and_type(TensorField::kStringData, kBlock):
        header.strings = true;
        message.skip();
        break;
      case tag_and_type(TensorField::kExternalData, kBlock):
        header.external = true;
        message.skip();
        break;
      case tag_and_type(TensorField::kDataLocation, kVarint): header.external |= message.get_int32() != 0; break;
      default: message.skip();
    }
  }
  return header;
}

// Appends the elements of the typed field `field` to `out`, converted from the field's element type.
template <typename T>
class Filler {
 public:
  explicit Filler(std::span<T> out) : out_(out) {}

  template <typename Number>
  void add(Number number) {
    if (next_ < out_.size()) out_[next_++] = static_cast<T>(number);
  }
  template <typename Range>
  void add_all(Range range) {
    for (const auto number : range) add(number);
  }
  bool full() const { return next_ == out_.size(); }

 private:
  std::span<T> out_;
  std::size_t next_ = 0;
};

// False when the elements are not all in the field that belongs to the type.
template <typename T>
bool fill(protozero::data_view bytes, std::span<T> out, TensorField field) {
  Filler<T> filler(out);
  pbf_message<TensorField> message(bytes);
  while (message.next()) {
    if (message.tag() != field) {
      message.skip();
      continue;
    }
    switch (message.tag_and_type()) {
      case tag_and_type(TensorField::kFloatData, kBlock): filler.add_all(message.get_packed_float()); break;
      case tag_and_type(TensorField::kDoubleData, kBlock): filler.add_all(message.get_packed_double()); break;
      case tag_and_type(TensorField::kInt32Data, kBlock): filler.add_all(message.get_packed_int32()); break;
      case tag_and_type(TensorField::kInt64Data, kBlock): filler.add_all(message.get_packed_int64()); break;
      case tag_and_type(TensorField::kUint64Data, kBlock): filler.add_all(message.get_packed_uint64()); break;
      case tag_and_type(TensorField::kFloatData, pbf_wire_type::fixed32): filler.add(message.get_float()); break;
      case tag_and_type(TensorField::kDoubleData, pbf_wire_type::fixed64): filler.add(message.get_double()); break;
      case tag_and_type(TensorField::kInt32Data, kVarint): filler.add(message.get_int32()); break;
      case tag_and_type(TensorField::kInt64Data, kVarint): filler.add(message.get_int64()); break;
      case tag_and_type(TensorField::kUint64Data, kVarint): filler.add(message.get_uint64()); break;
      default: message.skip();
    }
  }
  return filler.full();
}

bool fill_typed(protozero::data_view bytes, Tensor& tensor) {
  switch (tensor.type()) {
    case DataType::kFloat32: return fill(bytes, tensor.as<float>(), TensorField::kFloatData);
    case DataType::kFloat64: return fill(bytes, tensor.as<double>(), TensorField::kDoubleData);
    case DataType::kInt64: return fill(bytes, tensor.as<std::int64_t>(), TensorField::kInt64Data);
    case DataType::kUint64: return fill(bytes, tensor.as<std::uint64_t>(), TensorField::kUint64Data);
    case DataType::kUint32: return fill(bytes, tensor.as<std::uint32_t>(), TensorField::kUint64Data);
    case DataType::kInt32: return fill(bytes, tensor.as<std::int32_t>(), TensorField::kInt32Data);
    case DataType::kInt16: return fill(bytes, tensor.as<std::int16_t>(), TensorField::kInt32Data);
    case DataType::kUint16:
    case DataType::kFloat16:
    case DataType::kBFloat16: return fill(bytes, tensor.as<std::uint16_t>(), TensorField::kInt32Data);
    case DataType::kInt8: return fill(bytes, tensor.as<std::int8_t>(), TensorField::kInt32Data);
    case DataType::kUint8:
    case DataType::kBool: return fill(bytes, tensor.as<std::uint8_t>(), TensorField::kInt32Data);
    case DataType::kUndefined: break;
  }
  return false;
}

// Any byte but 0 and 1 in a bool tensor would be undefined behaviour to read.
bool holds_bools(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return std::to_integer<int>(b) <= 1; });
}

// Kernels read up to kTensorPadding bytes past a tensor, and elements must be aligned.
bool usable_in_place(Bytes data, Bytes file, std::size_t alignment) {
  const auto address = reinterpret_cast<std::uintptr_t>(data.data());
  const auto behind = static_cast<std::size_t>((file.data() + file.size()) - (data.data() + data.size()));
  return address % alignment == 0 && behind >= kTensorPadding;
}

}  // namespace

Result<TensorConstant> read_tensor(protozero::data_view bytes, Bytes file, std::size_t limit_bytes) {
  const auto header = read_header(bytes);
  if (!header) return fail(header.error());
  const std::string label = "tensor '" + clip_name(header->name) + "'";
  if (header->external) {
    return fail(ErrorCode::kMalformedModel,
                label + " keeps its data in another file; save the model with all data in one file");
  }
  const auto type = static_cast<DataType>(header->type);
  const bool known = header->type > 0 && header->type < 256 && element_size(type) != 0;
  if (!known || header->strings) {
    return fail(ErrorCode::kUnsupportedType,
                label + " has ONNX element type " + std::to_string(header->type) + ", which the runner lacks");
  }
  const auto shape = Shape::make(header->dims);
  if (!shape) return fail(ErrorCode::kMalformedModel, label + " has impossible dimensions");
  const auto size = dense_size(type, *shape, limit_bytes);
  if (!size) return fail(ErrorCode::kModelTooLarge, label + ": " + size.error().message);
  const std::size_t count = *size / element_size(type);

  TensorConstant constant;
  constant.name = header->name;
  if (header->raw) {
    const Bytes data = std::as_bytes(std::span(header->raw->data(), header->raw->size()));
    if (data.size() != *size || header->typed_count != 0) {
      return fail(ErrorCode::kMalformedModel, label + " of shape " + to_string(*shape) + " needs " +
                                                  std::to_string(*size) + " bytes and has " +
                                                  std::to_string(data.size()));
    }
    if (type == DataType::kBool && !holds_bools(data)) {
      return fail(ErrorCode::kMalformedModel, label + " is bool and has bytes other than 0 and 1");
    }
    constant.view = {type, *shape, data};
    if (usable_in_place(data, file, element_size(type))) return constant;
    auto copy = Tensor::copy_of(constant.view, limit_bytes);
    if (!copy) return fail(copy.error());
    constant.owned = std::move(*copy);
    constant.view = constant.owned->view();
    return constant;
  }
  if (header->typed_count != count) {
    return fail(ErrorCode::kMalformedModel, label + " of shape " + to_string(*shape) + " needs " +
                                                std::to_string(count) + " elements and has " +
                                                std::to_string(header->typed_count));
  }
  auto tensor = Tensor::create(type, *shape, limit_bytes);
  if (!tensor) return fail(tensor.error());
  if (!fill_typed(bytes, *tensor)) {
    return fail(ErrorCode::kMalformedModel,
                label + " keeps its elements in a field that does not belong to " + std::string(type_name(type)));
  }
  if (type == DataType::kBool && !holds_bools(tensor->view().bytes)) {
    return fail(ErrorCode::kMalformedModel, label + " is bool and has values other than 0 and 1");
  }
  constant.owned = std::move(*tensor);
  constant.view = constant.owned->view();
  return constant;
}

}  // namespace sluice::model::onnx
