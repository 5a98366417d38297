#include "core/model/xnnpack/broadcast.hpp"

#include <algorithm>
#include <cstdint>

namespace sluice::model::xnnpack {

Sizes sizes_of(const Shape& shape) {
  Sizes sizes{};
  std::ranges::transform(shape.dims(), sizes.begin(), [](std::int64_t dim) { return static_cast<std::size_t>(dim); });
  return sizes;
}

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.rank(), b.rank());
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  for (std::size_t i = 0; i < rank; ++i) {  // from the last dimension
    const std::int64_t x = i < a.rank() ? a[a.rank() - 1 - i] : 1;
    const std::int64_t y = i < b.rank() ? b[b.rank() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    dims[rank - 1 - i] = x == 1 ? y : x;
  }
  return Shape::make(std::span(dims).first(rank));
}

}  // namespace sluice::model::xnnpack
