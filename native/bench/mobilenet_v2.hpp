// Generates the networks of the engine bench: MobileNetV2 1.0 at 224 x 224 (301 million multiply-adds) with seeded random
// weights, as float32 and as the same network in QDQ int8 (uint8 activations with one scale, symmetric int8 weights with a
// scale for each output channel, int32 biases). The same seed gives the same bytes everywhere.
// Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, table 2.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::bench {

enum class Precision : std::uint8_t { kFloat32, kInt8 };

// Input "input" [batch, 3, 224, 224], output "logits" [batch, 1000], both float32; a batch of -1 is left open.
std::string mobilenet_v2(Precision precision, std::uint32_t seed = 1, std::int64_t batch = 1);

}  // namespace sluice::bench
