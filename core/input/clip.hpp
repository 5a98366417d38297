// A clip: a few frames of one camera, oldest first, that a model looks at together. A ClipView owns neither the views nor
// their pixels. The tensor has the frames' channels one after the other: [1, frames * C, H, W] (InFi, MobiCom'22, section 5.1,
// joins per-frame features the same way).
#pragma once

#include <span>

#include "core/input/image.hpp"
#include "core/input/image_tensor.hpp"

namespace sluice::input {

inline constexpr std::uint32_t kMaxClipFrames = 64;

struct ClipView {
  std::span<const ImageView> frames;  // all of one size; not empty
};

struct ClipSpec {
  ImageSpec frame;
  std::uint32_t frames = 0;  // 1 to kMaxClipFrames
};

}  // namespace sluice::input
