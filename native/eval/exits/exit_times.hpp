// Milliseconds of a bundle with early exits on this machine, as it ships: the model whole, in one piece, and stage by stage at each of the
// bundle's points. Natively the thread's own time, without what other work takes from it. Needs the core alone, so that the same source is measured natively and in WebAssembly. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::eval {

// Of so many pictures, spread over a set, is timed.
inline constexpr std::size_t kTimedPictures = 100;

struct ExitTimes {
  double whole_ms = 0;
  std::vector<double> points_ms;  // by the bundle's points
};

inline constexpr std::size_t kTimedRounds = 3;

// What else takes its turn in every round of a picture.
using TimedTurn = std::function<Result<void>(std::size_t picture)>;

// The picture's median of the rounds, in which all take turns; means of the pictures. The contents of both parts are needed during
// the call only. Precondition: the manifest has exits.
Result<ExitTimes> time_exits(const pipeline::Manifest& manifest, Bytes model, Bytes branches,
                             const LabelledPictures& pictures, const TimedTurn& turn = {});

std::string times_json(const ExitTimes& times);  // {"whole_ms":9.5,"points_ms":[3.1,4.2]}

// So many pictures spread over a set.
LabelledPictures spread_pictures(const LabelledPictures& from, std::size_t count);

}  // namespace sluice::eval
