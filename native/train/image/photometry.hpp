// Changes of light, colour, sharpness and noise as cameras and rooms make them. In place; seeded.
#pragma once

#include "native/eval/rgb_image.hpp"
#include "native/train/random.hpp"

namespace sluice::train {

// Multiplies all pixels.
void change_exposure(eval::RgbImage& image, float factor);

// Draws all values towards the grey level `towards` (0..255): 1 changes nothing, 0 leaves only the grey.
void change_contrast(eval::RgbImage& image, float factor, float towards);

// A random mixture of exposure, gamma, contrast, colour cast, greyness, blur, coarse resolution and noise.
void change_light(eval::RgbImage& image, Random& random);

}  // namespace sluice::train
