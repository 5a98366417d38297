// Every way of answering that the shipped bundles have, measured on the same pictures, and what their gate does to frames: written by
// bench_choice_answers, a line of commas a fact, the first word saying which kind. Immutable once read.
//
//   gate-cost,KMAC                         multiply-adds of the gate, in thousands
//   gate,TARGET,...                        what frames were judged at, growing
//   frame,SET,LETTERS                      at each target: - run, s skipped, r reused; S or R where that was wrong
//   option,NAME,KIND,SETTING               in the order of the pictures' cells; kinds as adapt::answer_kind_name() has them
//   cost,NAME,INDEX,DEVICE_KMAC,SERVER_KMAC,DEVICE_US,SERVER_US   of that index of an option; microseconds are of coding, as measured
//   picture,GUESS,CELL,...                 the guess's confidence in per cent; a cell is INDEX/BYTES, with ! where the answer is not the
//                                          full model's; 0 and /0 are left out
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/adapt/choice/choice.hpp"
#include "core/base/result.hpp"

namespace sluice::simulate {

struct AnswerCost {
  double device_kmac = 0;
  double server_kmac = 0;
  double device_us = 0;
  double server_us = 0;
};

struct AnswerCell {
  std::uint32_t index = 0;  // of the costs
  std::uint32_t bytes = 0;
  bool agrees = true;
};

// One way to answer, over all pictures.
struct AnswerColumn {
  std::string name;
  std::string kind;
  std::uint32_t setting = 0;
  std::vector<AnswerCost> costs;
  std::vector<AnswerCell> cells;  // by picture

  const AnswerCost& cost_of(std::size_t picture) const { return costs[cells[picture].index]; }
};

struct GateFrames {
  std::string set;
  std::vector<std::string> letters;  // by frame, then by target
};

struct AnswerTable {
  std::vector<AnswerColumn> columns;
  std::vector<std::uint32_t> guess_percent;  // by picture
  double gate_kmac = 0;
  std::vector<double> gate_targets;
  std::vector<GateFrames> frames;

  const GateFrames* find_frames(std::string_view set) const;
};

// kInvalidArgument, naming the line, for what is no such table: with pictures, options that have costs, and cells for all of them.
Result<AnswerTable> parse_answer_table(std::string_view text);

// The table that this program was built with.
std::string_view shipped_answer_table();

// kInvalidArgument for another name than those that answer_kind_name() gives.
Result<adapt::AnswerKind> parse_answer_kind(std::string_view name);

}  // namespace sluice::simulate
