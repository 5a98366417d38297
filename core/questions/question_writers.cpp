#include <array>

#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "core/questions/table.hpp"

namespace sluice::questions {

std::span<const pipeline::QuestionWriter> question_writers() {
  static const std::array writers = {kSkipWriter, kReuseWriter};
  return writers;
}

}  // namespace sluice::questions
