// The dimensions of a tensor: up to kMaxRank sizes held in place, so that copying a shape never allocates.
// Sizes are >= 0; a product that would not fit in size_t is reported by element_count(), not wrapped.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

namespace sluice {

class Shape {
 public:
  static constexpr std::size_t kMaxRank = 8;

  Shape() = default;
  // Precondition: at most kMaxRank dimensions, none negative; use make() for untrusted input.
  Shape(std::initializer_list<std::int64_t> dims);
  static std::optional<Shape> make(std::span<const std::int64_t> dims);

  std::size_t rank() const { return rank_; }
  std::int64_t operator[](std::size_t axis) const { return dims_[axis]; }
  std::span<const std::int64_t> dims() const { return {dims_.data(), rank_}; }

  // Product of the dimensions (1 for a scalar); nullopt when it does not fit.
  std::optional<std::size_t> element_count() const;

  friend bool operator==(const Shape& a, const Shape& b);

 private:
  std::array<std::int64_t, kMaxRank> dims_{};
  std::uint8_t rank_ = 0;
};

// "[1, 3, 640, 640]"
std::string to_string(const Shape& shape);
// The same of dimensions that a model may leave open, by numbers below 0: "[1, ?, 640]".
std::string dims_text(std::span<const std::int64_t> dims);

}  // namespace sluice
