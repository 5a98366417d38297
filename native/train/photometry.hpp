// Changes of light, colour, sharpness and noise as cameras and rooms make them. In place; seeded.
#pragma once

#include "native/eval/rgb_image.hpp"
#include "native/train/random.hpp"

namespace sluice::train {

// Multiplies all pixels.
void change_exposure(eval::RgbImage& image, float factor);

// A random mixture of exposure, gamma, contrast, colour cast, greyness, blur, coarse resolution and noise.
void change_light(eval::RgbImage& image, Random& random);

}  // namespace sluice::train
