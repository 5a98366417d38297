#include <array>

#include "core/questions/skip/skip_question.hpp"
#include "core/questions/table.hpp"

namespace sluice::questions {

std::span<const pipeline::QuestionRow> gate_questions() {
  static const std::array rows = {kSkipRow};
  return rows;
}

}  // namespace sluice::questions
