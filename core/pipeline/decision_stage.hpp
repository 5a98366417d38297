// What a stage of a model with early exits gave, in a decision log: a line before that of the result it belongs to. Of its outputs only
// what decides: how long it took, what was run for it, and how sure its exit was where that was asked. The driver that runs the stages writes it. Pure functions.
//   MICROSECONDS stage TOOK MULTIPLY_ADDS [CONFIDENCE]      CONFIDENCE: the bits of a float
//   MICROSECONDS cut TOOK BYTES               what a stage left, coded
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/output/output_tensor.hpp"

namespace sluice::pipeline {

// `outputs` as core/exit/staged_program.hpp has them.
std::string stage_line(Instant now, Duration took, std::uint64_t multiply_adds,
                       std::span<const output::OutputTensor> outputs);

// `outputs`: the one that exits::StagedProgram::code() gives.
std::string cut_line(Instant now, Duration took, std::span<const output::OutputTensor> outputs);

struct RecordedStage {
  Duration took{0};
  std::uint64_t multiply_adds = 0;
  std::vector<output::OutputTensor>
      outputs;  // logits that are zero, and the confidence; or none; of a cut so many bytes of zero
};

// Nothing for numbers that no line has.
std::optional<RecordedStage> read_stage(std::span<const std::uint64_t> numbers);
std::optional<RecordedStage> read_cut(std::span<const std::uint64_t> numbers);

}  // namespace sluice::pipeline
