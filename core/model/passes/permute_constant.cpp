#include "core/model/passes/permute_constant.hpp"

#include <array>
#include <cstring>

namespace sluice::model::passes {

Result<Tensor> permuted(const TensorView& source, std::span<const std::int64_t> perm) {
  const std::size_t rank = source.shape.rank();
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  std::array<std::size_t, Shape::kMaxRank> strides{};  // of the source's dimensions, in elements
  std::array<std::size_t, Shape::kMaxRank>
      result_strides{};  // how far a step along the result's dimension moves in the source
  std::size_t stride = 1;
  for (std::size_t axis = rank; axis-- > 0;) {
    strides[axis] = stride;
    stride *= static_cast<std::size_t>(source.shape[axis]);
  }
  for (std::size_t axis = 0; axis < rank; ++axis) {
    dims[axis] = source.shape[static_cast<std::size_t>(perm[axis])];
    result_strides[axis] = strides[static_cast<std::size_t>(perm[axis])];
  }
  const auto shape = Shape::make(std::span(dims).first(rank));
  if (!shape) return fail(ErrorCode::kInternal, "a permuted constant has impossible dimensions");
  auto result = Tensor::create(source.type, *shape);
  if (!result) return result;

  const std::size_t size = element_size(source.type);
  std::byte* target = result->mutable_view().bytes.data();
  const std::size_t count = source.bytes.size() / size;
  std::array<std::int64_t, Shape::kMaxRank> index{};
  std::size_t from = 0;
  for (std::size_t element = 0; element < count; ++element) {
    std::memcpy(target + element * size, source.bytes.data() + from * size, size);
    for (std::size_t axis = rank; axis-- > 0;) {
      from += result_strides[axis];
      if (++index[axis] < dims[axis]) break;
      from -= result_strides[axis] * static_cast<std::size_t>(dims[axis]);
      index[axis] = 0;
    }
  }
  return result;
}

}  // namespace sluice::model::passes
