// The rows of the kinds of questions by their names, for programs that put manifests together.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/questions/table.hpp"

namespace sluice::bundle {

// With its writer; nullptr for a kind that there is not.
inline const pipeline::QuestionRow* question_row(std::string_view kind) {
  const auto rows = questions::all_questions();
  const auto found = std::ranges::find(rows, kind, &pipeline::QuestionRow::kind);
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace sluice::bundle
