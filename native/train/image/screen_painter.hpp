// Paints what computer screens look like from afar: slides, terminals, documents and windows on a desktop, with lines of
// text-like strokes in place of words. Backgrounds for pictures in which a small video shows somebody (ScreenComposer).
#pragma once

#include "native/eval/rgb_image.hpp"
#include "native/train/random.hpp"

namespace sluice::train {

eval::RgbImage paint_screen(std::uint32_t width, std::uint32_t height, Random& random);

}  // namespace sluice::train
