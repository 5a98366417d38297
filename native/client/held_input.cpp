#include "native/client/held_input.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace sluice::client {
namespace {

struct PlaneSize {
  std::size_t row_bytes = 0;
  std::size_t rows = 0;
};

std::array<PlaneSize, 3> plane_sizes(const input::ImageView& picture) {
  const std::size_t width = picture.width;
  const std::size_t height = picture.height;
  const std::size_t chroma_width = (width + 1) / 2;
  const std::size_t chroma_height = (height + 1) / 2;
  switch (picture.format) {
    case input::PixelFormat::kRgba8:
    case input::PixelFormat::kBgra8: return {{{4 * width, height}}};
    case input::PixelFormat::kRgb8:
    case input::PixelFormat::kBgr8: return {{{3 * width, height}}};
    case input::PixelFormat::kGray8: return {{{width, height}}};
    case input::PixelFormat::kI420:
      return {{{width, height}, {chroma_width, chroma_height}, {chroma_width, chroma_height}}};
    case input::PixelFormat::kNv12: return {{{width, height}, {2 * chroma_width, chroma_height}}};
  }
  return {};
}

std::size_t picture_bytes(const input::ImageView& picture) {
  std::size_t bytes = 0;
  for (const PlaneSize& size : plane_sizes(picture)) bytes += size.row_bytes * size.rows;
  return bytes;
}

struct Check {
  Result<void> operator()(const input::ImageView& picture) const {
    const auto sizes = plane_sizes(picture);
    bool sound = sizes[0].rows != 0 && sizes[0].row_bytes != 0 && picture.width <= input::kMaxImageSide &&
                 picture.height <= input::kMaxImageSide;
    for (std::size_t p = 0; p < sizes.size(); ++p) {
      if (sizes[p].rows == 0) continue;
      sound = sound && picture.planes[p].data != nullptr && picture.planes[p].stride_bytes >= sizes[p].row_bytes;
    }
    if (sound) return {};
    return fail(ErrorCode::kInvalidImage, {"not a picture: ", picture.width, " x ", picture.height,
                                           " pixels of format ", static_cast<unsigned>(picture.format)});
  }
  Result<void> operator()(const input::ClipView& clip) const {
    if (clip.frames.empty() || clip.frames.size() > input::kMaxClipFrames) {
      return fail(ErrorCode::kInvalidInput,
                  {"a clip of ", clip.frames.size(), " frames; it must have 1 to ", input::kMaxClipFrames});
    }
    for (const input::ImageView& frame : clip.frames) {
      if (auto sound = (*this)(frame); !sound) return sound;
    }
    return {};
  }
  Result<void> operator()(const input::AudioView& audio) const {
    const auto sound = input::make_audio(audio.format, audio.samples, audio.channels, audio.rate_hz, audio.bytes);
    return sound ? Result<void>() : fail(sound.error());
  }
  Result<void> operator()(const input::SignalView& signal) const {
    const auto sound = input::make_signal(signal.steps, signal.channels, signal.values);
    return sound ? Result<void>() : fail(sound.error());
  }
  Result<void> operator()(const input::TextView& text) const {
    if (text.utf8.size() <= input::kMaxTextBytes) return {};
    return fail(ErrorCode::kInvalidInput,
                {"a text of ", text.utf8.size(), " bytes; the most are ", input::kMaxTextBytes});
  }
  Result<void> operator()(const TensorView& tensor) const {
    const auto bytes = dense_size(tensor.type, tensor.shape, Tensor::kDefaultLimitBytes);
    if (!bytes) return fail(ErrorCode::kInvalidInput, bytes.error().message);
    if (*bytes == tensor.bytes.size()) return {};
    return fail(ErrorCode::kInvalidInput, {"a tensor of shape ", to_string(tensor.shape), " in ", tensor.bytes.size(),
                                           " bytes; it takes ", *bytes});
  }
};

// Copies the planes' rows one behind the other; the view of the copy. `picture` was checked.
input::ImageView copy_picture(const input::ImageView& picture, std::byte* out) {
  input::ImageView copy = picture;
  const auto sizes = plane_sizes(picture);
  for (std::size_t p = 0; p < sizes.size(); ++p) {
    copy.planes[p] = {};
    if (sizes[p].rows == 0) continue;
    copy.planes[p] = {reinterpret_cast<const std::uint8_t*>(out), sizes[p].row_bytes};
    const auto* row = reinterpret_cast<const std::byte*>(picture.planes[p].data);
    for (std::size_t y = 0; y < sizes[p].rows; ++y, row += picture.planes[p].stride_bytes) {
      out = std::copy_n(row, sizes[p].row_bytes, out);
    }
  }
  return copy;
}

}  // namespace

Result<void> HeldInput::check(const input::InputView& input) { return std::visit(Check{}, input); }

Result<void> HeldInput::assign(const input::InputView& input) {
  if (auto sound = check(input); !sound) return sound;
  const auto copy = [this](Bytes bytes) -> Bytes {
    bytes_.assign(bytes.begin(), bytes.end());
    return bytes_;
  };
  if (const auto* picture = std::get_if<input::ImageView>(&input)) {
    bytes_.resize(picture_bytes(*picture));
    view_ = copy_picture(*picture, bytes_.data());
  } else if (const auto* clip = std::get_if<input::ClipView>(&input)) {
    std::size_t bytes = 0;
    for (const input::ImageView& frame : clip->frames) bytes += picture_bytes(frame);
    bytes_.resize(bytes);
    frames_.clear();
    std::byte* out = bytes_.data();
    for (const input::ImageView& frame : clip->frames) {
      frames_.push_back(copy_picture(frame, out));
      out += picture_bytes(frame);
    }
    view_ = input::ClipView{frames_};
  } else if (const auto* audio = std::get_if<input::AudioView>(&input)) {
    input::AudioView held = *audio;
    held.bytes = copy(audio->bytes);
    view_ = held;
  } else if (const auto* signal = std::get_if<input::SignalView>(&input)) {
    input::SignalView held = *signal;
    held.values = copy(signal->values);
    view_ = held;
  } else if (const auto* text = std::get_if<input::TextView>(&input)) {
    const Bytes held = copy(as_bytes(text->utf8));
    view_ = input::TextView{{reinterpret_cast<const char*>(held.data()), held.size()}};
  } else {
    TensorView held = std::get<TensorView>(input);
    held.bytes = copy(held.bytes);
    held.padded = false;
    view_ = held;
  }
  return {};
}

}  // namespace sluice::client
