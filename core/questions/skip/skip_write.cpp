// Writes the `skip` question's section of the manifest; apart from the row, since modules in pages write none.
#include "core/pipeline/manifest_fields.hpp"
#include "core/questions/skip/skip_question.hpp"

namespace sluice::questions {
namespace {

using namespace pipeline;

void write_skip(JsonWriter& out, const QuestionSpec& base) {
  const auto& spec = static_cast<const SkipSpec&>(base);
  out.text("part", spec.part);
  write_input(out, spec.input);
  out.text("redundant_when", spec.redundant_when);
  write_operating_points(out, spec.operating_points);
  out.number("error_share", spec.error_share);
}

}  // namespace

const pipeline::QuestionWriter kSkipWriter = {"skip", write_skip};

}  // namespace sluice::questions
