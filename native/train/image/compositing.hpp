// Putting one picture into another. In place; plain functions.
#pragma once

#include "native/eval/rgb_image.hpp"

namespace sluice::train {

// Mirrors left and right.
void flip(eval::RgbImage& image);

// The shape in which a patch is put down: between an ellipse (roundness 2) and a rectangle (40), its rim soft over this
// share of the way from the edge to the centre.
struct PatchShape {
  float roundness = 40;
  float rim = 0.02F;
};

// Lays `patch` over `canvas` with its left upper corner at (left, top); what hangs over the edge is cut off.
void blend(eval::RgbImage& canvas, const eval::RgbImage& patch, float left, float top, PatchShape shape);

}  // namespace sluice::train
