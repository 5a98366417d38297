// The sizes of the SKIP filter's network (gate_network.hpp), apart from it so that what names them needs no LibTorch.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice::train {

// Layers at a fraction of the picture's size. Each stage halves both sides.
struct GateStage {
  std::int64_t channels = 0;
  std::int64_t blocks = 0;  // residual blocks after the halving one
};

struct GateDesign {
  std::uint32_t width = 0;  // of the picture, pixels
  std::uint32_t height = 0;
  std::int64_t stem = 8;  // channels after the first convolution, which halves too
  std::vector<GateStage> stages;
  std::int64_t head = 32;  // channels of the layer before the places' scores

  std::uint32_t stride() const;  // picture pixels from one place to the next
  std::int64_t places_wide() const;
  std::int64_t places_high() const;
  std::uint64_t multiply_adds() const;  // of one picture
};

}  // namespace sluice::train
