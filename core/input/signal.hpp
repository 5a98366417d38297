// A window of sensor readings (motion, current, radio): channels x steps of float32, one channel after the other. A SignalView
// owns nothing; the values must outlive it. Views made by make_signal() are known to be in bounds.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace sluice::input {

inline constexpr std::uint32_t kMaxSignalChannels = 1024;
inline constexpr std::uint32_t kMaxSignalSteps = 1U << 22;

struct SignalView {
  std::uint32_t steps = 0;
  std::uint32_t channels = 0;
  Bytes values;  // float32, channel after channel; may lie at any address
};

// What a manifest says about a model's signal input: exactly this many steps of these channels. value = (x - mean[c]) *
// scale[c]; tensor [1, channels, steps]. `mean` and `scale` have one number for each channel, or are empty (0 and 1).
struct SignalSpec {
  std::uint32_t steps = 0;
  std::uint32_t channels = 0;
  std::vector<float> mean;
  std::vector<float> scale;
};

// kInvalidInput for a number of steps or channels of 0 or above the limits here, or fewer bytes than they take.
Result<SignalView> make_signal(std::uint32_t steps, std::uint32_t channels, Bytes values);

}  // namespace sluice::input
