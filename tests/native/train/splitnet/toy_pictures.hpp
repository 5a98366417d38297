// Pictures that a small network learns within seconds: noise with a square whose colour is the label.
#pragma once

#include "native/train/splitnet/labelled_pictures.hpp"

namespace sluice::test {

inline constexpr std::int64_t kToyClasses = 3;

train::splitnet::PictureSet toy_pictures(std::int64_t count, std::uint64_t seed);

}  // namespace sluice::test
