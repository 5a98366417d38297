// Users' own pictures: a folder with a subfolder for each class, in the order of their names, or pictures without labels in any
// folders. Each is cut to a square around its middle and scaled. Failures name the file.
#pragma once

#include <filesystem>

#include "core/base/result.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"

namespace sluice::train::splitnet {

struct FolderPictures {
  PictureSet set;            // labels by subfolder
  std::int64_t classes = 0;  // subfolders with pictures in them
};

Result<FolderPictures> read_picture_folders(const std::filesystem::path& folder, std::int64_t side);

}  // namespace sluice::train::splitnet
