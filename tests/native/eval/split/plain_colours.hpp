// Pictures for the toy bundle in two halves: plain colours, whose label is the brightest channel, but for every fourth, whose label is
// wrong.
#pragma once

#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::test {

inline eval::LabelledPictures plain_colours(std::size_t count) {
  eval::LabelledPictures pictures{8, 8, {}, {}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t brightest = i % 3;
    for (int pixel = 0; pixel < 64; ++pixel) {
      for (std::size_t c = 0; c < 3; ++c) {
        pictures.pixels.push_back(static_cast<std::uint8_t>(c == brightest ? 230 : 40 + 9 * ((i + i / 10) % 5)));
      }
    }
    pictures.labels.push_back(static_cast<std::int64_t>(i % 4 == 3 ? (brightest + 1) % 3 : brightest));
  }
  return pictures;
}

}  // namespace sluice::test
