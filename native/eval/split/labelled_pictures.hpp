// Pictures of one size with labels, packed: what trains and measures a classifier in two halves. Plain data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sluice::eval {

struct LabelledPictures {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> pixels;  // RGB, picture after picture
  std::vector<std::int64_t> labels;
  std::vector<std::string> class_names;  // by label; empty: the classes have none

  std::size_t size() const { return labels.size(); }
  // How many are left when every n-th is taken, from the first on.
  std::size_t count_of_every(std::uint32_t n) const { return (size() + n - 1) / n; }
  std::span<const std::uint8_t> picture(std::size_t index) const {
    const std::size_t bytes = std::size_t{width} * height * 3;
    return std::span(pixels).subspan(index * bytes, bytes);
  }
};

}  // namespace sluice::eval
