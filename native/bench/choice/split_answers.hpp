// The answers of a bundle in two halves, by how many coded channels are sent, and how sure its device half's own guess is. Measured with what
// ships, as it ships.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "native/simulate/choice/answer_table.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/split/in_parallel.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::bench {

struct SplitAnswers {
  std::vector<simulate::AnswerColumn> columns;
  std::vector<std::uint32_t> guess_percent;  // by picture: the largest probability of the guess
};

// Of every n-th picture.
Result<SplitAnswers> measure_split_answers(const bundle::Bundle& bundle, const eval::LabelledPictures& pictures,
                                           std::uint32_t every, const eval::SplitProgress& progress);

}  // namespace sluice::bench
