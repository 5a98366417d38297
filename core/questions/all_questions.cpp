#include <array>

#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "core/questions/table.hpp"

namespace sluice::questions {

std::span<const pipeline::QuestionRow> all_questions() {
  static const std::array rows = {kSkipRow, kReuseRow};
  return rows;
}

}  // namespace sluice::questions
