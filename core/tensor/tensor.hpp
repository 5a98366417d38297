// Tensors: Tensor owns its bytes; TensorView and MutableTensorView borrow them from whoever owns them, for as long as the
// owner neither resizes nor dies. Layout is row-major in the logical (ONNX) order of dimensions.
// Owned buffers are 64-byte aligned and carry kTensorPadding readable bytes after the end, since XNNPACK reads past its
// inputs (XNN_EXTRA_BYTES); a borrowed view makes no such promise and the model runner copies what it must.
// Not synchronised: one thread at a time may write.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/tensor/data_type.hpp"
#include "core/tensor/shape.hpp"

namespace sluice {

inline constexpr std::size_t kTensorAlignment = 64;
inline constexpr std::size_t kTensorPadding = 128;

struct TensorView {
  DataType type = DataType::kUndefined;
  Shape shape;
  Bytes bytes;
  bool padded = false;  // kTensorPadding readable bytes follow, as in a Tensor; a model copies an input without

  // The elements as T. Precondition: T matches `type`.
  template <typename T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

struct MutableTensorView {
  DataType type = DataType::kUndefined;
  Shape shape;
  MutableBytes bytes;

  template <typename T>
  std::span<T> as() const {
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  operator TensorView() const { return {type, shape, bytes}; }
};

// Bytes that a dense tensor takes; kOutOfMemory when the size does not fit or exceeds `limit_bytes`.
Result<std::size_t> dense_size(DataType type, const Shape& shape, std::size_t limit_bytes);

// Borrows `values` as a tensor; kShapeMismatch when their number is not the shape's.
template <typename T>
Result<TensorView> view_of(std::span<const T> values, const Shape& shape) {
  if (shape.element_count() != values.size()) {
    return fail(ErrorCode::kShapeMismatch, {values.size(), " values cannot fill a tensor of shape ", to_string(shape)});
  }
  return TensorView{data_type_of<T>, shape, std::as_bytes(values)};
}

class Tensor {
 public:
  static constexpr std::size_t kDefaultLimitBytes = std::size_t{1} << 30;

  Tensor() = default;
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;

  // A zeroed tensor; kOutOfMemory above `limit_bytes`.
  static Result<Tensor> create(DataType type, const Shape& shape, std::size_t limit_bytes = kDefaultLimitBytes);
  static Result<Tensor> copy_of(TensorView source, std::size_t limit_bytes = kDefaultLimitBytes);

  // Gives the tensor another type and shape; keeps the buffer when it is large enough, contents unspecified.
  Result<void> resize(DataType type, const Shape& shape, std::size_t limit_bytes = kDefaultLimitBytes);

  bool empty() const { return buffer_ == nullptr; }
  DataType type() const { return type_; }
  const Shape& shape() const { return shape_; }
  TensorView view() const { return {type_, shape_, {buffer_.get(), size_}, true}; }
  MutableTensorView mutable_view() { return {type_, shape_, {buffer_.get(), size_}}; }
  template <typename T>
  std::span<const T> as() const {
    return view().as<T>();
  }
  template <typename T>
  std::span<T> as() {
    return mutable_view().as<T>();
  }

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  std::unique_ptr<std::byte[], Free> buffer_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  Shape shape_;
  DataType type_ = DataType::kUndefined;
};

}  // namespace sluice
