// What is known of a model that may be resident: its memory and what loading it takes. A model is named by its number
// in the book of its Residency. Plain values.
#pragma once

#include <cstdint>
#include <limits>

#include "core/base/time.hpp"

namespace sluice::residency {

using ModelId = std::uint32_t;
inline constexpr ModelId kNoModel = std::numeric_limits<ModelId>::max();

struct ModelProfile {
  std::uint64_t bytes = 0;  // resident, as stated until a load has measured them
  Duration load_cost{0};    // from nothing to ready
};

}  // namespace sluice::residency
