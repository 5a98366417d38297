// The answers of a bundle with early exits and a cut at some of its targets: on the device alone, between device and server, and the model
// itself, here, behind pictures that were sent as they are and behind small ones. Measured with what ships, as it ships.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "native/simulate/choice/answer_table.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/split/in_parallel.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::bench {

// Of every n-th picture.
Result<std::vector<simulate::AnswerColumn>> measure_exit_answers(const bundle::Bundle& bundle,
                                                                 const eval::LabelledPictures& pictures,
                                                                 std::uint32_t every,
                                                                 const eval::SplitProgress& progress);

}  // namespace sluice::bench
