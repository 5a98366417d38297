// Small device units with random weights, of every kind of layer.
#pragma once

#include <cstdint>
#include <vector>

#include "core/split/device/unit_writer.hpp"

namespace sluice::test {

struct Noise {
  std::uint32_t state;
  std::uint32_t next() { return (state = state * 1664525U + 1013904223U) >> 8; }
  int between(int least, int most) {
    return least + static_cast<int>(next() % static_cast<unsigned>(most - least + 1));
  }
};

// 12x8 pictures: a padded 3x3 convolution of stride 2, a 1x1 one for 6 features (2 local), a depthwise one whose zero is not 0,
// a 1x1 one, a depthwise one of stride 2, the head for 3 classes.
split::UnitPlan random_plan(std::uint32_t seed);

// The shape of the networks that are trained for CIFAR-10: 32x32 pictures, 24 features of 8x8 (5 local), 10 classes.
split::UnitPlan cifar_sized_plan(std::uint32_t seed);

// The plan with a symbol model learned from what it gives for a few pictures.
split::UnitPlan with_symbol_model(split::UnitPlan plan, std::uint32_t refinement = 1);

std::vector<std::uint8_t> random_picture(const split::UnitPlan& plan, std::uint32_t seed);

}  // namespace sluice::test
