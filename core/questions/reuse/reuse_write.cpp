// Writes the `reuse` question's section of the manifest; apart from the row, since modules in pages write none.
#include "core/pipeline/manifest_fields.hpp"
#include "core/questions/reuse/reuse_question.hpp"

namespace sluice::questions {
namespace {

using namespace pipeline;

void write_reuse(JsonWriter& out, const QuestionSpec& base) {
  const auto& spec = static_cast<const ReuseSpec&>(base);
  out.text("part", spec.part);
  write_input(out, spec.input);
  out.text("output", spec.output);
  out.integer("max_entries", spec.max_entries);
  out.integer("max_bytes", spec.max_bytes);
  out.integer("max_age_ms", spec.max_age_ms);
  out.integer("k", spec.neighbours);
  out.number("min_homogeneity", spec.min_homogeneity);
  out.text("eviction", reuse::eviction_name(spec.eviction));
  out.text("answers", spec.shared ? "shared" : "private");
  write_operating_points(out, spec.operating_points);
  out.number("error_share", spec.error_share);
}

}  // namespace

const pipeline::QuestionWriter kReuseWriter = {"reuse", write_reuse};

}  // namespace sluice::questions
