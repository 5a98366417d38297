// Users' own pictures: a folder with a subfolder for each class, in the order of their names, or pictures without labels in any
// folders. Each is cut to a square around its middle and scaled. Failures name the file.
#pragma once

#include <filesystem>

#include "core/base/result.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::eval {

// Labels and class_names by subfolder. `side` in pixels.
Result<LabelledPictures> read_picture_folders(const std::filesystem::path& folder, std::uint32_t side);

}  // namespace sluice::eval
