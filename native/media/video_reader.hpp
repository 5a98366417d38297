// Frames of one video or picture file, or of a camera, through libav. Frames that already are I420 or NV12 in BT.601 limited
// range are handed out as decoded, without a copy; all others are converted to RGB.
#pragma once

#include <memory>
#include <string>

#include "native/media/frame_source.hpp"

namespace sluice::media {

class VideoReader final : public FrameSource {
 public:
  static Result<std::unique_ptr<VideoReader>> open(const std::string& path, const SourceOptions& options);
  // `device` of the video4linux2 input, such as "/dev/video0".
  static Result<std::unique_ptr<VideoReader>> open_camera(const std::string& device, const SourceOptions& options);
  ~VideoReader() override;

  Result<std::optional<Frame>> next() override;
  std::optional<std::uint64_t> frame_count() const override;
  bool live() const override;

 private:
  struct Impl;
  explicit VideoReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::media
