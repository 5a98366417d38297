#include "core/model/onnx_tensor.hpp"

#include <bit>
#include <algorithm>
#include <cstring>
#include <protozero/pbf_message.hpp>
#include <vector>

#include "core/model/graph.hpp"
#include "core/model/onnx_schema.hpp"

namespace sluice::model::onnx {
namespace {

using protozero::pbf_message;
using protozero::tag_and_type;

struct Header {
  std::string_view name;
  std::vector<std::int64_t> dims;
  std::int32_t type = 0;
  std::optional<protozero::data_view> raw;
  std::size_t typed_count = 0;  // elements in the typed fields together
  bool external = false;
  bool strings = false;
};

std::size_t count_varints(protozero::data_view packed) {
  return static_cast<std::size_t>(
      std::count_if(packed.data(), packed.data() + packed.size(), [](char c) { return (c & 0x80) == 0; }));
}

Result<void> add_dim(Header& header, std::int64_t dim) {
  if (header.dims.size() == Shape::kMaxRank || dim < 0) {
    return fail(ErrorCode::kMalformedModel, {"tensor '", clip_name(header.name), "' has ",
                                             dim < 0 ? join_text({"a negative dimension, ", dim})
                                                     : join_text({"more than ", Shape::kMaxRank, " dimensions"})});
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
      case tag_and_type(TensorField::kFloatData, kFixed32):
      case tag_and_type(TensorField::kDoubleData, kFixed64):
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

// The typed field that holds elements of the type.
TensorField field_of(DataType type) {
  switch (type) {
    case DataType::kFloat32: return TensorField::kFloatData;
    case DataType::kFloat64: return TensorField::kDoubleData;
    case DataType::kInt64: return TensorField::kInt64Data;
    case DataType::kUint64:
    case DataType::kUint32: return TensorField::kUint64Data;
    default: return TensorField::kInt32Data;
  }
}

// Writes elements one after the other, each the low bytes of a number: little-endian, as raw_data is.
class ElementWriter {
 public:
  explicit ElementWriter(const MutableTensorView& view) : left_(view.bytes), size_(element_size(view.type)) {}

  void add(std::uint64_t bits) {
    if (left_.size() < size_) return;
    std::memcpy(left_.data(), &bits, size_);
    left_ = left_.subspan(size_);
  }
  bool full() const { return left_.empty(); }

 private:
  MutableBytes left_;
  std::size_t size_;
};

std::uint64_t bits_of(float number) { return std::bit_cast<std::uint32_t>(number); }
std::uint64_t bits_of(double number) { return std::bit_cast<std::uint64_t>(number); }
std::uint64_t bits_of(std::int64_t number) { return static_cast<std::uint64_t>(number); }

// False when the elements are not all in the field that belongs to the type.
bool fill_typed(protozero::data_view bytes, const MutableTensorView& tensor) {
  const TensorField field = field_of(tensor.type);
  ElementWriter out(tensor);
  pbf_message<TensorField> message(bytes);
  while (message.next()) {
    if (message.tag() != field) {
      message.skip();
      continue;
    }
    switch (message.tag_and_type()) {
      case tag_and_type(TensorField::kFloatData, kBlock):
        for (const float number : message.get_packed_float()) out.add(bits_of(number));
        break;
      case tag_and_type(TensorField::kDoubleData, kBlock):
        for (const double number : message.get_packed_double()) out.add(bits_of(number));
        break;
      // A varint of any width: what does not fit the element is cut off, as protobuf does.
      case tag_and_type(TensorField::kInt32Data, kBlock):
      case tag_and_type(TensorField::kInt64Data, kBlock):
      case tag_and_type(TensorField::kUint64Data, kBlock):
        for (const std::int64_t number : message.get_packed_int64()) out.add(bits_of(number));
        break;
      case tag_and_type(TensorField::kFloatData, kFixed32): out.add(bits_of(message.get_float())); break;
      case tag_and_type(TensorField::kDoubleData, kFixed64): out.add(bits_of(message.get_double())); break;
      case tag_and_type(TensorField::kInt32Data, kVarint):
      case tag_and_type(TensorField::kInt64Data, kVarint):
      case tag_and_type(TensorField::kUint64Data, kVarint): out.add(bits_of(message.get_int64())); break;
      default: message.skip();
    }
  }
  return out.full();
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
  const std::string label = join_text({"tensor '", clip_name(header->name), "'"});
  if (header->external) {
    return fail(ErrorCode::kMalformedModel,
                {label, " keeps its data in another file; save the model with all data in one file"});
  }
  const auto type = static_cast<DataType>(header->type);
  const bool known = header->type > 0 && header->type < 256 && element_size(type) != 0;
  if (!known || header->strings) {
    return fail(ErrorCode::kUnsupportedType,
                {label, " has ONNX element type ", header->type, ", which the runner lacks"});
  }
  const auto shape = Shape::make(header->dims);
  if (!shape) return fail(ErrorCode::kMalformedModel, {label, " has impossible dimensions"});
  const auto size = dense_size(type, *shape, limit_bytes);
  if (!size) return fail(ErrorCode::kModelTooLarge, {label, ": ", size.error().message});
  const std::size_t count = *size / element_size(type);

  TensorConstant constant;
  constant.name = header->name;
  if (header->raw) {
    const Bytes data = std::as_bytes(std::span(header->raw->data(), header->raw->size()));
    if (data.size() != *size || header->typed_count != 0) {
      return fail(ErrorCode::kMalformedModel,
                  {label, " of shape ", to_string(*shape), " needs ", *size, " bytes and has ", data.size()});
    }
    if (type == DataType::kBool && !holds_bools(data)) {
      return fail(ErrorCode::kMalformedModel, {label, " is bool and has bytes other than 0 and 1"});
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
    return fail(ErrorCode::kMalformedModel,
                {label, " of shape ", to_string(*shape), " needs ", count, " elements and has ", header->typed_count});
  }
  auto tensor = Tensor::create(type, *shape, limit_bytes);
  if (!tensor) return fail(tensor.error());
  if (!fill_typed(bytes, tensor->mutable_view())) {
    return fail(ErrorCode::kMalformedModel,
                {label, " keeps its elements in a field that does not belong to ", type_name(type)});
  }
  if (type == DataType::kBool && !holds_bools(tensor->view().bytes)) {
    return fail(ErrorCode::kMalformedModel, {label, " is bool and has values other than 0 and 1"});
  }
  constant.owned = std::move(*tensor);
  constant.view = constant.owned->view();
  return constant;
}

}  // namespace sluice::model::onnx
