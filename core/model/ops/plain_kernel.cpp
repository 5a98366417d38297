#include "core/model/ops/plain_kernel.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sluice::model::ops {
namespace {

constexpr std::size_t kMaxIntegers = 4096;

std::string list_of(std::span<const std::int64_t> dims) {
  std::string text = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) text += join_text({(i == 0 ? "" : ", "), dims[i]});
  return text + "]";
}

}  // namespace

Result<Shape> PlainKernel::bounded_shape(std::span<const CheckedInt64> dims, DataType type) const {
  std::array<std::int64_t, Shape::kMaxRank> values{};
  if (dims.size() > values.size()) {
    return fail(ErrorCode::kInvalidGraph,
                {"the output would have ", dims.size(), " dimensions; at most ", Shape::kMaxRank, " are supported"});
  }
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (!dims[axis].ok()) {
      return fail(ErrorCode::kInvalidGraph, {"dimension ", axis, " of the output overflows"});
    }
    values[axis] = dims[axis].value();
  }
  return bounded_shape(std::span<const std::int64_t>(values.data(), dims.size()), type);
}

Result<Shape> PlainKernel::bounded_shape(std::span<const std::int64_t> dims, DataType type) const {
  const auto shape = Shape::make(dims);
  if (!shape) {
    return fail(ErrorCode::kInvalidGraph, {"the output's shape would be ", list_of(dims), ", which has a negative or ",
                                           "more than ", Shape::kMaxRank, " dimensions"});
  }
  const bool too_long = std::ranges::any_of(dims, [&](std::int64_t dim) {
    return static_cast<std::uint64_t>(dim) >
           std::min<std::uint64_t>(limit_bytes_, std::numeric_limits<std::int32_t>::max());
  });
  if (too_long) {
    return fail(ErrorCode::kOutOfMemory,
                {"the output's shape would be ", list_of(dims), ", beyond the limit of ", limit_bytes_, " bytes"});
  }
  if (auto size = dense_size(type, *shape, limit_bytes_); !size) return fail(size.error());
  return *shape;
}

Result<void> PlainKernel::check_scratch(CheckedInt64 count, std::size_t element_bytes) const {
  const CheckedInt64 bytes = count * static_cast<std::int64_t>(element_bytes);
  if (bytes.ok() && bytes.value() >= 0 && static_cast<std::uint64_t>(bytes.value()) <= limit_bytes_) return {};
  return fail(ErrorCode::kOutOfMemory,
              {"the operator's working space would exceed the limit of ", limit_bytes_, " bytes"});
}

Result<void> check_arity(const Node& node, std::size_t min_inputs, std::size_t max_inputs, std::size_t max_outputs) {
  if (node.inputs.size() < min_inputs || node.inputs.size() > max_inputs) {
    std::string expected = std::to_string(min_inputs);
    if (max_inputs != min_inputs) expected += max_inputs > 1000 ? " or more" : join_text({" to ", max_inputs});
    return fail(ErrorCode::kInvalidGraph, {"it has ", node.inputs.size(), " inputs; the operator takes ", expected});
  }
  for (std::size_t i = 0; i < min_inputs; ++i) {
    if (node.inputs[i] == kNoValue) {
      return fail(ErrorCode::kInvalidGraph, {"input ", i, " is left out but required"});
    }
  }
  if (node.outputs.empty() || node.outputs.size() > max_outputs) {
    return fail(ErrorCode::kInvalidGraph,
                {"it has ", node.outputs.size(), " outputs; the operator has 1 to ", max_outputs});
  }
  return {};
}

Failure refuse_type(std::string_view what, DataType type, std::string_view supported) {
  return fail(ErrorCode::kUnsupportedType, {type_name(type), " ", what, " is not supported; use ", supported});
}

Result<void> check_same_type(std::string_view what, DataType type, DataType expected) {
  if (type == expected) return {};
  return fail(ErrorCode::kInvalidGraph,
              {what, " is ", type_name(type), " but must be ", type_name(expected), " like the first input"});
}

Failure refuse_shape(std::string_view what, const Shape& shape, std::string_view expected) {
  return fail(ErrorCode::kInvalidGraph, {what, " has shape ", to_string(shape), "; expected ", expected});
}

Result<std::size_t> normalise_axis(std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    return fail(ErrorCode::kInvalidGraph, {"axis ", axis, " is outside a tensor with ", rank, " dimensions"});
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

Result<std::vector<std::size_t>> normalise_axes(std::span<const std::int64_t> axes, std::size_t rank) {
  std::vector<std::size_t> normalised;
  for (std::int64_t axis : axes) {
    const auto one = normalise_axis(axis, rank);
    if (!one) return fail(one.error());
    if (std::ranges::count(normalised, *one) != 0) {
      return fail(ErrorCode::kInvalidGraph, {"axis ", axis, " appears twice"});
    }
    normalised.push_back(*one);
  }
  return normalised;
}

Result<std::vector<std::int64_t>> read_integers(const TensorView& tensor, std::string_view what) {
  std::vector<std::int64_t> values;
  if (tensor.shape.rank() > 1 || tensor.shape.element_count().value_or(kMaxIntegers + 1) > kMaxIntegers) {
    return refuse_shape(what, tensor.shape, join_text({"a vector of at most ", kMaxIntegers, " numbers"}));
  }
  const bool integers = visit(tensor.type, IndexTypes{}, [&]<typename T>() {
    for (T value : tensor.as<T>()) values.push_back(value);
  });
  if (!integers) return refuse_type(what, tensor.type, "int64");
  return values;
}

Result<std::int64_t> read_integer(const TensorView& tensor, std::string_view what) {
  std::int64_t value = 0;
  if (tensor.shape.element_count() != 1) return refuse_shape(what, tensor.shape, "one number");
  if (!visit(tensor.type, IndexTypes{}, [&]<typename T>() { value = tensor.as<T>()[0]; })) {
    return refuse_type(what, tensor.type, "int64");
  }
  return value;
}

std::ptrdiff_t product(const Shape& shape, std::size_t begin, std::size_t end) {
  const auto dims = shape.dims().subspan(begin, end - begin);
  // With a 0 somewhere the other sizes are unbounded, and so would be the partial products.
  if (std::ranges::count(dims, 0) != 0) return 0;
  CheckedInt64 result = 1;
  for (std::int64_t dim : dims) result = result * dim;
  return result.ok() ? static_cast<std::ptrdiff_t>(result.value()) : 0;
}

Result<Shape> broadcast(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.rank(), b.rank());
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t from_a = i < a.rank() ? a[a.rank() - 1 - i] : 1;
    const std::int64_t from_b = i < b.rank() ? b[b.rank() - 1 - i] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) {
      return fail(ErrorCode::kInvalidGraph, {"shapes ", to_string(a), " and ", to_string(b), " do not broadcast"});
    }
    dims[rank - 1 - i] = from_a == 1 ? from_b : from_a;
  }
  return *Shape::make(std::span<const std::int64_t>(dims.data(), rank));
}

}  // namespace sluice::model::ops
