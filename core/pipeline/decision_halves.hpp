// What a device half gave, in a decision log: a line before that of the result it belongs to. Of its outputs only what decides: their sizes,
// where each channel ends, and how long it took. The driver that runs the half writes it. Pure functions.
//   MICROSECONDS halves TOOK CLASSES END...      END: bytes of the payload with which each channel is whole
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/output/output_tensor.hpp"

namespace sluice::pipeline {

inline constexpr std::size_t kMostHalvesNumbers = 2 + 256;  // of a line: as many ends as a unit can have channels

// `outputs` as split_route.hpp has them.
std::string halves_line(Instant now, Duration took, std::span<const output::OutputTensor> outputs);

struct RecordedHalves {
  Duration took{0};
  std::vector<output::OutputTensor> outputs;  // zeros, but for the ends
};

// Nothing for numbers that no line has.
std::optional<RecordedHalves> read_halves(std::span<const std::uint64_t> numbers);

}  // namespace sluice::pipeline
