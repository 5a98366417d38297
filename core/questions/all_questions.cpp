#include <array>

#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "core/questions/table.hpp"

namespace sluice::questions {

namespace {

pipeline::QuestionRow written(pipeline::QuestionRow row,
                              void (*write)(pipeline::JsonWriter& out, const pipeline::QuestionSpec& spec)) {
  row.write = write;
  return row;
}

}  // namespace

std::span<const pipeline::QuestionRow> all_questions() {
  static const std::array rows = {written(kSkipRow, write_skip), written(kReuseRow, write_reuse)};
  return rows;
}

}  // namespace sluice::questions
