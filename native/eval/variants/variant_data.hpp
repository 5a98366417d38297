// The pictures that a variant's agreement is measured on: those that what is written rests on, and others that only test it. A folder of
// pictures and videos, or CIFAR-10's sheets, of which the pictures that training kept back calibrate and the test split tests. Pictures are
// handed out one at a time and lent for the call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/input/image.hpp"

namespace sluice::eval {

// `block`: pictures of one block are near copies (the frames of a video).
using PictureVisitor = std::function<Result<void>(const input::ImageView& picture, std::uint32_t block)>;

struct PictureStream {
  std::string what;       // for tables
  std::size_t count = 0;  // an estimate where videos do not say
  std::function<Result<void>(const PictureVisitor&)> visit;
};

struct VariantData {
  PictureStream calibration;
  std::optional<PictureStream> test;
};

// Every n-th frame of videos, and every n-th picture. `test` empty: none, or of CIFAR-10 its test split. The errors of find_clips() and of
// reading CIFAR-10; kInvalidArgument where both folders are the same.
Result<VariantData> open_variant_data(const std::filesystem::path& data, const std::filesystem::path& test,
                                      std::uint32_t every);

}  // namespace sluice::eval
