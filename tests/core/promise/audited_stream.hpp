// Made-up streams of which it is known what is wrong: errors in any order, audits by the draw.
#pragma once

#include <cstdint>

#include "core/promise/audited_input.hpp"

namespace sluice::promise::test {

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed * 2 + 1) {}
  double next() {  // [0, 1)
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93ULL;
    mixed ^= mixed >> 32;
    return static_cast<double>(mixed >> 11) * 0x1p-53;
  }
  bool with(double probability) { return next() < probability; }

 private:
  std::uint64_t state_;
};

// An answer without the full model that is wrong or not, audited with probability q.
inline AuditedInput draw(bool wrong, double q, Draws& draws) {
  const bool audited = draws.with(q);
  return {.audit_probability = q, .audited = audited, .wrong = audited && wrong};
}

}  // namespace sluice::promise::test
