// Where frames come from: a video file, a folder of pictures, a single picture or a camera, all behind one interface.
// A source owns the pixels of the frame it gave last; they go with the next call. One thread at a time. Files only: what a
// playlist names elsewhere is not fetched. A damaged frame is an error of that frame, and the next call goes on behind it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/input/image.hpp"

namespace sluice::media {

struct Frame {
  input::ImageView view;              // I420 or NV12 (BT.601 limited range) or RGB; upright
  std::uint64_t index = 0;            // from 0, damaged frames counted
  std::chrono::microseconds time{0};  // since the first frame
  std::string name;                   // the picture's file name in a folder; empty otherwise
  bool turned = false;                // it lies otherwise in its file
  std::string jpeg;                   // the whole file, of an upright JPEG in a folder (SourceOptions::keep_jpegs)
};

struct SourceOptions {
  double pictures_per_second = 10;  // the pace that a folder of pictures stands for; above 0
  std::uint32_t decode_threads = 1;
  std::uint64_t max_pixels = 64'000'000;  // of a frame; larger ones are refused before they are decoded
  bool keep_jpegs = false;                // frames of JPEG files in a folder bring the files along
  std::uint32_t camera_width = 1280;      // asked of a camera, which may answer with another size
  std::uint32_t camera_height = 720;
};

class FrameSource {
 public:
  virtual ~FrameSource() = default;

  // The next frame, or nullopt at the end. kMalformedMedia: this frame (or, for the last one, the rest of a truncated
  // file) cannot be decoded; every call makes progress, so calling until the end terminates. kIoError: it cannot be read.
  virtual Result<std::optional<Frame>> next() = 0;

  // How many frames there are, where the container or folder says so; an estimate for progress, not a promise.
  virtual std::optional<std::uint64_t> frame_count() const = 0;

  // Whether frames come in their own time (a camera) rather than as fast as they are asked for.
  virtual bool live() const = 0;
};

// Opens a video or picture file, a folder of pictures, or a camera device ("/dev/video0"). kIoError: not there or not
// readable; kMalformedMedia: nothing in it can be decoded; kNotFound: a folder without pictures.
Result<std::unique_ptr<FrameSource>> open_source(const std::string& path, const SourceOptions& options = {});

// Stops libav from writing to standard error; a program calls it once, before it opens sources.
void silence_libav();

}  // namespace sluice::media
