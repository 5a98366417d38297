// The ways in which an input may be answered: one vocabulary for choices (choice.hpp), what a client says it considered
// (core/pipeline/placement_record.hpp), decision logs and reports. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::adapt {

// Numbers are part of decision logs and of the C interface: append only.
enum class AnswerKind : std::uint8_t {
  kSkip = 0,       // none, because nothing is there
  kReuse = 1,      // an earlier one
  kExit = 2,       // of an early exit, here
  kSplit = 3,      // of a model whose first part runs here and whose rest at the server
  kSendSmall = 4,  // of the server's model, for the input made smaller here
  kSendWhole = 5,  // of the server's model, for the input encoded here in full size
  kRunHere = 6,    // of the model here
  kSendFile = 7,   // of the server's model, for the input as the application has it
};
inline constexpr std::size_t kAnswerKinds = 8;

std::string_view answer_kind_name(
    AnswerKind kind);  // "skip", "reuse", "exit", "split", "small", "whole", "here", "file"

}  // namespace sluice::adapt
