// How long the steps of an input's way take with a cut, measured here on one thread: what the device does up to the cut, what a server does behind
// it, and what both do where the picture is sent instead. Means nothing of the network.
#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "native/eval/exits/cut_measurement.hpp"
#include "native/eval/exits/exit_times.hpp"

namespace sluice::eval {

struct CutTimes {
  std::vector<double> stages_ms;    // by stage, the first with its preprocessing; one more than exits
  std::vector<double> branches_ms;  // by exit
  double code_ms = 0;               // the tensor at the cut, on the device
  double decode_ms = 0;             // and on the server
  double jpeg_ms = 0;               // the picture, on the device
  double picture_ms = 0;            // and on the server
  double whole_ms = 0;              // preprocessing and the model in one piece
};

struct TimesWithCut {
  ExitTimes exits;
  CutTimes cut;  // its whole_ms is that of the exits
};

// One measurement: the steps take turns with what time_exits() measures, and are reckoned as that is. The bundle has a cut.
Result<TimesWithCut> time_with_cut(const bundle::Bundle& bundle, const LabelledPictures& pictures);

}  // namespace sluice::eval
