// What a bundle in two halves is measured on: CIFAR-10's test split as the set-up fetched it, or a folder of the user's with a
// subfolder for each class, named as in training. Where the bundle names no classes, its full model's answers take the place of labels.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "core/base/result.hpp"
#include "core/input/image_tensor.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::eval {

struct TestPictures {
  LabelledPictures test;
  bool labelled = true;                      // otherwise labels are 0
  std::optional<LabelledPictures> training;  // for tables and codebooks to compare with, where there are such
  std::string data;                          // what they are, for tables
};

// `folder` empty: CIFAR-10 among the set-up's packages. `classes`: the bundle's, in the order of its answers. Failures: kNotFound;
// kInvalidArgument where a subfolder is none of the classes, or the model's picture is no square.
Result<TestPictures> read_test_pictures(const std::filesystem::path& folder, const input::ImageSpec& input,
                                        std::span<const std::string> classes);

}  // namespace sluice::eval
