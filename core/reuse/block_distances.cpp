#include "core/reuse/block_distances.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#if defined(__x86_64__) && !defined(__EMSCRIPTEN__)
#define SLUICE_X86_VARIANTS 1
#endif

namespace sluice::reuse {
namespace {

// Dimensions added between two looks at the bound: a look costs about as much as one of them.
constexpr std::size_t kStep = 16;

// Adds the terms of `dimensions` dimensions for kTile neighbouring rows, whose sums stay in registers meanwhile: as many as
// the registers hold.
template <std::size_t kTile>
[[gnu::always_inline]] inline void add_terms(const float* values, const float* query, std::size_t dimensions,
                                             float* sums) {
  std::array<float, kTile> tile;
  for (std::size_t i = 0; i < kTile; ++i) tile[i] = sums[i];
  for (std::size_t d = 0; d < dimensions; ++d) {
    const float value = query[d];
    const float* row_values = values + d * kBlockRows;
    for (std::size_t i = 0; i < kTile; ++i) tile[i] += std::fabs(value - row_values[i]);
  }
  for (std::size_t i = 0; i < kTile; ++i) sums[i] = tile[i];
}

template <std::size_t kTile>
[[gnu::always_inline]] inline bool distances(const float* block, const float* query, std::size_t dimension, float bound,
                                             float* sums) {
  std::fill_n(sums, kBlockRows, 0.0F);
  for (std::size_t d = 0; d < dimension; d += kStep) {
    const std::size_t step = std::min(kStep, dimension - d);
    for (std::size_t i = 0; i < kBlockRows; i += kTile) {
      add_terms<kTile>(block + d * kBlockRows + i, query + d, step, sums + i);
    }
    int within = 0;
    for (std::size_t i = 0; i < kBlockRows; ++i) within |= static_cast<int>(sums[i] <= bound);
    if (within == 0) return false;
  }
  return true;
}

bool distances_plain(const float* block, const float* query, std::size_t dimension, float bound, float* sums) {
  return distances<32>(block, query, dimension, bound, sums);
}

#ifdef SLUICE_X86_VARIANTS
[[gnu::target("avx2")]] bool distances_avx2(const float* block, const float* query, std::size_t dimension, float bound,
                                            float* sums) {
  return distances<64>(block, query, dimension, bound, sums);
}

[[gnu::target("avx512f,avx512dq")]] bool distances_avx512(const float* block, const float* query, std::size_t dimension,
                                                          float bound, float* sums) {
  return distances<64>(block, query, dimension, bound, sums);
}
#endif

constexpr BlockVariant kVariants[] = {
    {"plain", distances_plain},
#ifdef SLUICE_X86_VARIANTS
    {"avx2", distances_avx2},
    {"avx512", distances_avx512},
#endif
};

}  // namespace

std::span<const BlockVariant> block_variants() {
  std::size_t usable = 1;
#ifdef SLUICE_X86_VARIANTS
  if (__builtin_cpu_supports("avx2")) {
    usable = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? 3 : 2;
  }
#endif
  return std::span(kVariants).first(usable);
}

}  // namespace sluice::reuse
