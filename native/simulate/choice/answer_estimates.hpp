// What answers are expected to cost and to get wrong, from one half of a measured table, so that the other half is news: pictures with even
// numbers, by how sure the device half's guess is, and of the gate's frames all but the second half of the last set. Errors are
// those seen plus one deviation, as few were seen; ten frames of the gate count as one. Plain data and pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "native/simulate/choice/answer_table.hpp"

namespace sluice::simulate {

struct AnswerEstimate {
  double error = 0;
  double device_kmac = 0;  // means
  double device_us = 0;
  double server_kmac = 0;
  double server_us = 0;
  double bytes = 0;             // of all inputs
  double sent_share = 0;        // of inputs of which anything is sent
  double high_device_kmac = 0;  // 19 of 20 stay within
};

inline constexpr std::size_t kGuessBins = 4;

struct GateEstimate {
  double share = 0;  // of frames, answered at this target and at no stricter one
  double error = 0;  // of those
};

struct AnswerEstimates {
  std::vector<AnswerEstimate> overall;              // by option
  std::vector<std::vector<AnswerEstimate>> by_bin;  // by bin, then by option
  std::vector<std::uint32_t> bin_ends;              // guesses below are in the bin; the last one has no end
  std::vector<GateEstimate> gate;                   // by target
  std::size_t bin_of(std::uint32_t guess_percent) const;
};

AnswerEstimates estimate_answers(const AnswerTable& table);

// What was not looked at: the pictures with odd numbers, and the second half of the last set of frames.
std::vector<std::size_t> new_pictures(const AnswerTable& table);
std::vector<std::string> new_frames(const AnswerTable& table);

// Of a frame's letters the strictest target at which it is answered, as a place in gate_targets; their number when at none.
std::size_t strictest_target(const std::string& letters);

}  // namespace sluice::simulate
