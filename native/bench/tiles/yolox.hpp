// What a YOLOX detector (arXiv 2107.08430; trained on COCO's 80 classes) gives, as boxes of people and of vehicles. Pure function.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image_tensor.hpp"

namespace sluice::bench {

enum class Seen : std::uint8_t { kPerson, kVehicle };

struct SeenBox {
  Seen what = Seen::kPerson;
  float score = 0;
  float left = 0, top = 0, right = 0, bottom = 0;  // in source pixels
};

// Its picture: letterboxed on grey, blue first, values of 0..255.
input::ImageSpec yolox_input(std::uint32_t side);

// `output`: [cells, 85] of three grids, of strides 8, 16 and 32 pixels; each row is the box's middle in cells beside its own, its size
// as a logarithm of cells, how sure it is that something is there, and of each class. Overlapping boxes all stay: tiles are looked at, not
// boxes counted. kShapeMismatch when there are not as many values as the grids have.
Result<std::vector<SeenBox>> read_yolox(std::span<const float> output, std::uint32_t side,
                                        const input::Placement& placement, float least_score);

}  // namespace sluice::bench
