// Turns a picture into the tensor a model wants: fit, resize, colour, scale, layout. Integers up to the last step, and
// that one in float operations no compiler may fuse, so that native and wasm give the same bits. No allocation per
// frame.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image.hpp"
#include "core/input/plane_resampler.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::input {

enum class Fit : std::uint8_t {
  kStretch,    // both sides scaled on their own
  kLetterbox,  // aspect kept, picture at the top left, rest filled with `fill`
};

enum class Channels : std::uint8_t { kRgb, kBgr, kGray };

// What a manifest says about a model's picture input. value = (pixel - mean[c]) * scale[c], pixel in 0..255, c in the
// order of `channels`; gray uses mean[0] and scale[0] and weighs red, green and blue by BT.601 (0.299, 0.587, 0.114).
struct ImageSpec {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  Fit fit = Fit::kStretch;
  Channels channels = Channels::kRgb;
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> scale{1, 1, 1};
  float fill = 0;  // pixel value outside the picture
};

// Where the picture lies in the tensor: tensor_x = source_x * scale_x, so that boxes can be mapped back.
struct Placement {
  float scale_x = 1;
  float scale_y = 1;
};

// Down-scaling averages the covered area, up-scaling is bilinear, each axis on its own. One thread at a time.
class ImageToTensor {
 public:
  // kInvalidArgument when a side is 0 or above kMaxImageSide or a number is not finite.
  static Result<ImageToTensor> create(const ImageSpec& spec);

  const ImageSpec& spec() const { return spec_; }
  Shape tensor_shape() const;  // [1, C, H, W]

  // Fills `tensor`, float32 of tensor_shape() (kTypeMismatch, kShapeMismatch otherwise; kInvalidImage for a view that
  // make_image() would refuse). Allocates only when the source's size or format differs from the last call's.
  Result<Placement> run(const ImageView& image, MutableTensorView tensor);

 private:
  explicit ImageToTensor(const ImageSpec& spec);
  // Where one channel of the tensor lies in a block of rows: lane r of column x at values[x * step + r].
  struct Channel {
    const std::uint16_t* values;
    std::size_t step;
  };

  void prepare(const ImageView& image);
  std::array<Channel, 3> colours(const ImageView& image, std::uint32_t y);  // of kLanes rows from y

  ImageSpec spec_;
  PixelFormat format_ = PixelFormat::kRgba8;  // of the last call, as are the sizes
  std::uint32_t source_width_ = 0;
  std::uint32_t source_height_ = 0;
  std::uint32_t picture_width_ = 0;  // in the tensor
  std::uint32_t picture_height_ = 0;
  std::array<PlaneResampler, 3> planes_;
  std::array<std::vector<std::uint16_t>, 3> rows_;  // kLanes resampled rows of each plane, side by side
  std::vector<std::uint16_t> colours_;  // the same in red, green and blue, or gray, where they are converted
};

}  // namespace sluice::input
