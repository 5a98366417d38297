// What training and evaluation read: clips. A video is a clip; so is a folder of pictures, in the order of their names.
// Splits are made by clip, never by frame, because neighbouring frames are near copies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image.hpp"

namespace sluice::eval {

struct Clip {
  std::string name;                          // of the file or folder, for tables
  bool still_pictures = false;               // a folder of pictures that have nothing to do with each other
  std::vector<std::filesystem::path> files;  // one video, or the pictures
};

// The clips in a file or a folder, searched with its subfolders, ordered by name. Links to folders count as folders, but for those that
// lead back into themselves or stand in a linked folder. kNotFound when there are none.
Result<std::vector<Clip>> find_clips(const std::filesystem::path& path);

using FrameVisitor = std::function<Result<void>(const input::ImageView& frame, std::uint64_t index)>;

// Calls `visit` for every `every`-th frame, starting with the first. Stops at the first failure, which it returns.
Result<void> read_clip(const Clip& clip, std::uint32_t every, const FrameVisitor& visit);

// Frames in the clip; a video that does not say is counted by decoding it.
Result<std::uint64_t> count_frames(const Clip& clip);

}  // namespace sluice::eval
