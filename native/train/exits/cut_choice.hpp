// Where a model with exits is cut for a device and a server, how the tensor there is coded, and from how sure on exits answer then. Every
// place with an exit that may be the best is tried (cut_search.hpp), unless one is named: coded with as few symbols as leave the full model's answer on enough of the kept-back
// pictures. Of the places where that is so the one is taken that costs a device least time in the mean: the stages that an
// input runs and the coding at its speed, and the payload at the link's where no exit was sure. (The fewest bytes alone would always be those of the last place, where the device has done everything.)
// What an answer behind the cut is worth is part of the promise: the model's end there is one more exit, which is always sure and may be
// wrong.
#pragma once

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/split/labelled_pictures.hpp"
#include "native/train/exits/options.hpp"
#include "native/train/progress.hpp"

namespace sluice::train::exits {

// Adds the section and its part to a bundle with exits. `training` teaches the coding. Of the kept-back pictures every second one chooses, from
// the first on, and the others calibrate; where the promise is for each exit, the end together with them is held to it on those that chose.
// `leave`: the share of all inputs that an exit answers without a cut, by exit, at the target that the bundle asks for; empty: none does.
// kInvalidArgument for a place without an exit, where no coding leaves enough agreement, or where no target can be promised.
Result<void> add_cut(const Options& options, const eval::LabelledPictures& training,
                     const eval::LabelledPictures& kept_back, std::span<const double> targets,
                     std::span<const double> leave, bundle::Bundle& bundle, ProgressLog& log);

}  // namespace sluice::train::exits
