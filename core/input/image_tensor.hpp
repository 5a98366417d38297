// Turns a picture into the tensor a model wants: fit, resize, colour, scale, layout. Written in integer and plain float
// steps whose order is fixed, so that native and wasm give the same bits. Allocates only in create().
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::input {

enum class Fit : std::uint8_t {
  kStretch,    // both sides scaled on their own
  kLetterbox,  // aspect kept, picture at the top left, rest filled with `fill`
};

enum class Channels : std::uint8_t { kRgb, kBgr, kGray };

// What a manifest says about a model's picture input. value = (pixel - mean[c]) * scale[c], pixel in 0..255.
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

// Down-scaling averages the covered area, up-scaling is bilinear.
class ImageToTensor {
 public:
  static Result<ImageToTensor> create(const ImageSpec& spec);

  const ImageSpec& spec() const { return spec_; }
  Shape tensor_shape() const;  // [1, C, H, W]

  // Fills `tensor`, float32 of tensor_shape(). Allocates only when the source's size differs from the last call's.
  Result<Placement> run(const ImageView& image, MutableTensorView tensor);

 private:
  explicit ImageToTensor(const ImageSpec& spec);
  ImageSpec spec_;
  std::vector<std::uint32_t> weights_;  // resampling weights of the last source size
  std::vector<std::uint32_t> rows_;     // accumulators
  std::uint32_t source_width_ = 0;
  std::uint32_t source_height_ = 0;
};

}  // namespace sluice::input
