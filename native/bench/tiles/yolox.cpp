#include "native/bench/tiles/yolox.hpp"

#include <array>
#include <cmath>
#include <optional>

namespace sluice::bench {
namespace {

constexpr std::array<std::uint32_t, 3> kStrides{8, 16, 32};
constexpr std::size_t kRow = 85;  // four of the box, one of its sureness, 80 of classes
constexpr std::size_t kClasses = 5;
constexpr float kGrey = 114;

// Of COCO's classes by number: person; bicycle, car, motorcycle, bus, train, truck.
std::optional<Seen> seen(std::size_t of) {
  switch (of) {
    case 0: return Seen::kPerson;
    case 1:
    case 2:
    case 3:
    case 5:
    case 6:
    case 7: return Seen::kVehicle;
    default: return std::nullopt;
  }
}

}  // namespace

input::ImageSpec yolox_input(std::uint32_t side) {
  input::ImageSpec spec;
  spec.width = spec.height = side;
  spec.fit = input::Fit::kLetterbox;
  spec.channels = input::Channels::kBgr;
  spec.fill = kGrey;
  return spec;
}

Result<std::vector<SeenBox>> read_yolox(std::span<const float> output, std::uint32_t side,
                                        const input::Placement& placement, float least_score) {
  std::size_t cells = 0;
  for (const std::uint32_t stride : kStrides) cells += std::size_t{side / stride} * (side / stride);
  if (output.size() != cells * kRow) {
    return fail(ErrorCode::kShapeMismatch,
                {"the detector gives ", output.size(), " values; YOLOX at ", side, " pixels gives ", cells * kRow});
  }
  std::vector<SeenBox> boxes;
  const float* row = output.data();
  for (const std::uint32_t stride : kStrides) {
    for (std::uint32_t y = 0; y < side / stride; ++y) {
      for (std::uint32_t x = 0; x < side / stride; ++x, row += kRow) {
        std::size_t best = 0;
        for (std::size_t one = 1; one < kRow - kClasses; ++one) {
          if (row[kClasses + one] > row[kClasses + best]) best = one;
        }
        const auto what = seen(best);
        const float score = row[4] * row[kClasses + best];
        if (!what || !(score >= least_score)) continue;
        const auto cell = static_cast<float>(stride);
        const float middle_x = (row[0] + static_cast<float>(x)) * cell;
        const float middle_y = (row[1] + static_cast<float>(y)) * cell;
        const float half_width = std::exp(row[2]) * cell / 2;
        const float half_height = std::exp(row[3]) * cell / 2;
        boxes.push_back({*what, score, (middle_x - half_width) / placement.scale_x,
                         (middle_y - half_height) / placement.scale_y, (middle_x + half_width) / placement.scale_x,
                         (middle_y + half_height) / placement.scale_y});
      }
    }
  }
  return boxes;
}

}  // namespace sluice::bench
