// The `skip` question's section of the manifest, and how it becomes a question.
#include "core/pipeline/manifest_fields.hpp"
#include "core/questions/skip/skip_question.hpp"

namespace sluice::questions {
namespace {

using namespace pipeline;

constexpr std::size_t kMaxRuleBytes = 256;

std::shared_ptr<const QuestionSpec> read_skip(const JsonObject& from, const Manifest& manifest) {
  // default_target stands here in format 1 and at the root since.
  from.only({"kind", "part", "input", "redundant_when", "operating_points", "error_share", "default_target"});
  auto spec = std::make_shared<SkipSpec>();
  spec->part = read_part_reference(from, manifest);
  spec->input = read_question_input(from, manifest);
  spec->redundant_when = from.text("redundant_when", kMaxRuleBytes);
  if (spec->redundant_when.empty()) from.complain("redundant_when", "expected a rule such as \"count == 0\"");
  spec->operating_points = read_operating_points(from, 1);
  spec->error_share = read_error_share(from);
  return spec;
}

Result<std::unique_ptr<Question>> make_skip(const QuestionSpec& base, QuestionMaker& maker) {
  const auto& spec = static_cast<const SkipSpec&>(base);
  auto network = maker.network(spec.part, spec.input);
  if (!network) return fail(network.error());
  auto question = SkipQuestion::make(std::move(*network), spec);
  if (!question) return fail(question.error().code, {"part '", spec.part, "': ", question.error().message});
  return std::move(*question);
}

std::string_view skip_part(const QuestionSpec& spec) { return static_cast<const SkipSpec&>(spec).part; }

}  // namespace

const QuestionRow kSkipRow = {"skip", read_skip, make_skip, skip_part};

}  // namespace sluice::questions
