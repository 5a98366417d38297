// The pictures of a folder as frames, in the order of their names, each decoded when it is asked for. Folders in it are not
// entered. A picture that cannot be decoded is an error of that frame.
#pragma once

#include <filesystem>
#include <vector>

#include "native/media/video_reader.hpp"

namespace sluice::media {

class PictureFolder final : public FrameSource {
 public:
  // kNotFound, naming the kinds looked for, when there is no picture.
  static Result<std::unique_ptr<PictureFolder>> open(const std::string& path, const SourceOptions& options);

  Result<std::optional<Frame>> next() override;
  std::optional<std::uint64_t> frame_count() const override { return files_.size(); }
  bool live() const override { return false; }

 private:
  PictureFolder(std::vector<std::filesystem::path> files, const SourceOptions& options);

  std::vector<std::filesystem::path> files_;
  SourceOptions options_;
  std::size_t next_ = 0;
  std::unique_ptr<VideoReader> reader_;  // of the picture given last; owns its pixels
};

// Whether the name ends like a picture's (.jpg, .jpeg, .png, .webp, .bmp, .ppm, .tif, .tiff; any case).
bool is_picture_name(const std::filesystem::path& path);

}  // namespace sluice::media
