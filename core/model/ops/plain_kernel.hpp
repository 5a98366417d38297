// What the plain kernels share: the base class with the memory limit, and the checks of a node's form, of shapes and of
// element types whose failures must read alike. Plain kernels compute on dense row-major tensors in one thread; they are
// the portable reference and run wherever no faster kernel takes the node.
// The checks are pure functions; failures name the offending value, the runner adds the node's label.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/kernel.hpp"
#include "core/model/ops/checked_int64.hpp"
#include "core/model/ops/type_dispatch.hpp"

namespace sluice::model::ops {

using MadeKernel = Result<std::unique_ptr<Kernel>>;
using Inputs = std::span<const TensorView>;
using Outputs = std::span<const MutableTensorView>;
using Specs = std::span<OutputSpec>;

class PlainKernel : public Kernel {
 public:
  explicit PlainKernel(const KernelContext& context)
      : limit_bytes_(context.memory_limit_bytes != 0 ? context.memory_limit_bytes : Tensor::kDefaultLimitBytes) {}

 protected:
  // The shape, checked: at most kMaxRank dimensions, none negative or overflowed, and a dense tensor of `type` within the
  // memory limit. No single dimension exceeds the limit either, so that per-axis tables stay small even where another
  // dimension is 0.
  Result<Shape> bounded_shape(std::span<const CheckedInt64> dims, DataType type) const;
  Result<Shape> bounded_shape(std::span<const std::int64_t> dims, DataType type) const;

  // kOutOfMemory unless `count` elements of `element_bytes` are within the memory limit; for scratch space.
  Result<void> check_scratch(CheckedInt64 count, std::size_t element_bytes) const;

 private:
  std::size_t limit_bytes_;
};

// Refuses a node with fewer or more inputs or outputs than the operator has, or without one of the first `min_inputs`.
Result<void> check_arity(const Node& node, std::size_t min_inputs, std::size_t max_inputs, std::size_t max_outputs = 1);

// kUnsupportedType: "float64 scales are not supported; float32 is".
Failure refuse_type(std::string_view what, DataType type, std::string_view supported);
// kUnsupportedType unless two tensors of a node have one type.
Result<void> check_same_type(std::string_view what, DataType type, DataType expected);
// kInvalidGraph: a shape that the operator's definition does not allow.
Failure refuse_shape(std::string_view what, const Shape& shape, std::string_view expected);

inline bool is_present(Inputs inputs, std::size_t index) {
  return index < inputs.size() && inputs[index].type != DataType::kUndefined;
}
inline bool is_wanted(Outputs outputs, std::size_t index) {
  return index < outputs.size() && outputs[index].type != DataType::kUndefined;
}

// The axis counted from the front; kInvalidGraph outside [-rank, rank - 1].
Result<std::size_t> normalise_axis(std::int64_t axis, std::size_t rank);
// The same for several; kInvalidGraph when one appears twice.
Result<std::vector<std::size_t>> normalise_axes(std::span<const std::int64_t> axes, std::size_t rank);

// The values of an int64 or int32 tensor with at most kMaxIntegers elements; `what` names it in messages.
Result<std::vector<std::int64_t>> read_integers(const TensorView& tensor, std::string_view what);
// The only value of an int64 or int32 tensor.
Result<std::int64_t> read_integer(const TensorView& tensor, std::string_view what);

// Product of the dimensions in [begin, end). Precondition: the shape's own product fits or is 0.
std::ptrdiff_t product(const Shape& shape, std::size_t begin, std::size_t end);
inline std::ptrdiff_t product(const Shape& shape) { return product(shape, 0, shape.rank()); }

// The shape both broadcast to by numpy's rule; kInvalidGraph when they do not fit.
Result<Shape> broadcast(const Shape& a, const Shape& b);

// Makes a kernel of class K from the node and the context, once its arity is right.
template <typename K>
MadeKernel make_plain(const Node& node, const KernelContext& context, std::size_t min_inputs, std::size_t max_inputs,
                      std::size_t max_outputs = 1) {
  if (auto checked = check_arity(node, min_inputs, max_inputs, max_outputs); !checked) return fail(checked.error());
  return std::make_unique<K>(node, context);
}

}  // namespace sluice::model::ops
