// In which numbers convolutions are computed while training. Weights, statistics, losses and the optimiser stay float32.
// bfloat16 pays where the processor multiplies it in hardware (AVX-512 BF16 or AMX; four times as fast on such a Xeon).
#pragma once

#include <cstdint>

namespace sluice::train::splitnet {

enum class Arithmetic : std::uint8_t { kFloat32, kBfloat16 };

// What this machine is faster with.
inline Arithmetic fastest_arithmetic() {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx512bf16") ? Arithmetic::kBfloat16 : Arithmetic::kFloat32;
#else
  return Arithmetic::kFloat32;
#endif
}

}  // namespace sluice::train::splitnet
