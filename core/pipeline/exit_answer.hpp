// What exits answer, held against what is promised of it, and put as an input's answer: of this device's exits (core/exit/staged_program.hpp
// says what a stage gives) and of a server's stages behind a cut. Pure functions, for the routes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/client_events.hpp"
#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {

// What is wrong with the outputs of a stage with its exit.
std::optional<Error> check_exit(std::uint32_t stage, const std::vector<OutputTensor>& outputs);

struct ExitAnswer {
  bool sure = false;
  std::vector<OutputTensor> outputs;  // the model's own, and wire::kExitOutput where an exit gave it
  std::string why;                    // "exit 2 of 7 sure: 0.970 > 0.930"
};

// Of outputs that check_exit() has nothing against.
Result<ExitAnswer> read_exit(const ExitsSpec& spec, std::uint32_t stage, float threshold,
                             std::vector<OutputTensor> outputs);

// Of the server's stages; kMalformedMessage where it is not logits of finite numbers and the stage, behind the cut, that they are from.
Result<ExitAnswer> read_cut_answer(const ExitsSpec& spec, std::vector<OutputTensor> outputs);

}  // namespace sluice::pipeline
