// Which place a cut is best at, and with how many symbols its tensor is coded there (cut_choice.hpp says what best is). Pictures that choose are
// run from place to place, held between where memory has room for them; a number of symbols is given up at the picture that shows it to leave
// too little, and places that take a device longer without a byte sent than the best one with all are not tried.
#pragma once

#include <span>

#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"
#include "native/eval/exits/cut_runner.hpp"
#include "native/train/exits/cut_coding.hpp"
#include "native/train/exits/options.hpp"
#include "native/train/progress.hpp"

namespace sluice::train::exits {

// A place with its coding, and what that costs.
struct CutTrial {
  std::size_t place = 0;
  CutCoding coding;
  double bytes = 0;    // of a payload, mean
  double seconds = 0;  // until an input is answered here or sent, mean
};

// `leave`: the share of all inputs that an exit answers, by exit. `teacher` runs pictures that teach the coding, `runner` those that were kept
// back, of which every second one chooses. The errors of add_cut().
Result<CutTrial> search_cut(const Options& options, const pipeline::ExitsSpec& spec, std::span<const double> leave,
                            eval::CutRunner& teacher, eval::CutRunner& runner, ProgressLog& log);

}  // namespace sluice::train::exits
