// What bench_choice_answers writes and `sluice simulate choice` reads: a line of commas a fact, the first word saying which kind. Plain data.
//
//   option,NAME,KIND,SETTING                      in the order of the pictures' cells; kinds as answer_kind_name() has them
//   cost,NAME,INDEX,DEVICE_KMAC,SERVER_KMAC,DEVICE_US,SERVER_US   of that index of an option; microseconds are of coding, as measured
//   gate,TARGET,...                               what frames were judged at, and before it `gate-cost,KMAC`
//   frame,SET,ANSWERS                             at each target: - run, s skipped, r reused; S or R where that was wrong
//   picture,GUESS,CELL,...                        the guess's confidence in per cent; a cell is INDEX/BYTES, with ! where the answer is not the
//                                                 full model's; /0 is left out
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::bench {

struct AnswerCost {
  double device_kmac = 0;
  double server_kmac = 0;
  double device_us = 0;
  double server_us = 0;
};

struct AnswerCell {
  std::uint32_t index = 0;
  std::uint32_t bytes = 0;
  bool agrees = true;
};

// One way to answer, over all pictures.
struct AnswerColumn {
  std::string name;
  std::string kind;
  std::uint32_t setting = 0;
  std::vector<AnswerCost> costs;  // by index
  std::vector<AnswerCell> cells;  // by picture
};

}  // namespace sluice::bench
