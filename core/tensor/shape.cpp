#include "core/tensor/shape.hpp"

#include <algorithm>
#include <limits>

#include "core/base/checked.hpp"

namespace sluice {

Shape::Shape(std::initializer_list<std::int64_t> dims) : rank_(static_cast<std::uint8_t>(dims.size())) {
  std::copy_n(dims.begin(), std::min(dims.size(), kMaxRank), dims_.begin());
}

std::optional<Shape> Shape::make(std::span<const std::int64_t> dims) {
  if (dims.size() > kMaxRank) return std::nullopt;
  if (std::any_of(dims.begin(), dims.end(), [](std::int64_t d) { return d < 0; })) return std::nullopt;
  Shape shape;
  shape.rank_ = static_cast<std::uint8_t>(dims.size());
  std::copy(dims.begin(), dims.end(), shape.dims_.begin());
  return shape;
}

std::optional<std::size_t> Shape::element_count() const {
  std::size_t count = 1;
  for (std::int64_t dim : dims()) {
    if (static_cast<std::uint64_t>(dim) > std::numeric_limits<std::size_t>::max()) return std::nullopt;
    const auto product = checked_mul(count, static_cast<std::size_t>(dim));
    if (!product) return std::nullopt;
    count = *product;
  }
  return count;
}

bool operator==(const Shape& a, const Shape& b) { return std::ranges::equal(a.dims(), b.dims()); }

std::string to_string(const Shape& shape) { return dims_text(shape.dims()); }

std::string dims_text(std::span<const std::int64_t> dims) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis != 0) text += ", ";
    text += dims[axis] < 0 ? "?" : std::to_string(dims[axis]);
  }
  return text + "]";
}

}  // namespace sluice
