#include "core/tensor/tensor.hpp"

#include <cstring>
#include <new>

#include "core/base/checked.hpp"

namespace sluice {

std::string_view type_name(DataType type) {
  switch (type) {
    case DataType::kFloat32: return "float32";
    case DataType::kUint8: return "uint8";
    case DataType::kInt8: return "int8";
    case DataType::kUint16: return "uint16";
    case DataType::kInt16: return "int16";
    case DataType::kInt32: return "int32";
    case DataType::kInt64: return "int64";
    case DataType::kBool: return "bool";
    case DataType::kFloat16: return "float16";
    case DataType::kFloat64: return "float64";
    case DataType::kUint32: return "uint32";
    case DataType::kUint64: return "uint64";
    case DataType::kBFloat16: return "bfloat16";
    case DataType::kUndefined: break;
  }
  return "undefined";
}

Result<std::size_t> dense_size(DataType type, const Shape& shape, std::size_t limit_bytes) {
  const auto count = shape.element_count();
  const auto size = count ? checked_mul(*count, element_size(type)) : std::nullopt;
  if (!size || *size > limit_bytes) {
    return fail(ErrorCode::kOutOfMemory, {"a ", type_name(type), " tensor of shape ", to_string(shape),
                                          " exceeds the limit of ", limit_bytes, " bytes"});
  }
  return *size;
}

void Tensor::Free::operator()(std::byte* bytes) const {
  ::operator delete[](bytes, std::align_val_t{kTensorAlignment});
}

Result<Tensor> Tensor::create(DataType type, const Shape& shape, std::size_t limit_bytes) {
  Tensor tensor;
  if (auto resized = tensor.resize(type, shape, limit_bytes); !resized) return fail(resized.error());
  std::memset(tensor.buffer_.get(), 0, tensor.size_);
  return tensor;
}

Result<Tensor> Tensor::copy_of(TensorView source, std::size_t limit_bytes) {
  Tensor tensor;
  if (auto resized = tensor.resize(source.type, source.shape, limit_bytes); !resized) return fail(resized.error());
  if (source.bytes.size() != tensor.size_) {
    return fail(ErrorCode::kShapeMismatch, {source.bytes.size(), " bytes cannot fill a ", type_name(source.type),
                                            " tensor of shape ", to_string(source.shape)});
  }
  if (tensor.size_ != 0) std::memcpy(tensor.buffer_.get(), source.bytes.data(), tensor.size_);
  return tensor;
}

Result<void> Tensor::resize(DataType type, const Shape& shape, std::size_t limit_bytes) {
  const auto size = dense_size(type, shape, limit_bytes);
  if (!size) return fail(size.error());
  if (buffer_ == nullptr || *size > capacity_) {
    auto* bytes = static_cast<std::byte*>(
        ::operator new[](*size + kTensorPadding, std::align_val_t{kTensorAlignment}, std::nothrow));
    if (bytes == nullptr) {
      return fail(ErrorCode::kOutOfMemory, {"no memory for a tensor of shape ", to_string(shape)});
    }
    // The padding is read, never used: give it a value so that no tool reports it.
    std::memset(bytes + *size, 0, kTensorPadding);
    buffer_.reset(bytes);
    capacity_ = *size;
  }
  size_ = *size;
  shape_ = shape;
  type_ = type;
  return {};
}

}  // namespace sluice
