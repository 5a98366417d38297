// The `reuse` question's section of the manifest, and how it becomes a question.
#include "core/pipeline/manifest_fields.hpp"
#include "core/questions/reuse/reuse_question.hpp"

namespace sluice::questions {
namespace {

using namespace pipeline;

constexpr double kMaxDistance = 1e6;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxAgeMs = std::uint64_t{1000} * 60 * 60 * 24 * 7;

std::shared_ptr<const QuestionSpec> read_reuse(const JsonObject& from, const Manifest& manifest) {
  from.only({"kind", "part", "input", "output", "max_entries", "max_bytes", "max_age_ms", "k", "min_homogeneity",
             "eviction", "answers", "operating_points", "error_share"});
  auto spec = std::make_shared<ReuseSpec>();
  spec->part = read_part_reference(from, manifest);
  spec->input = read_question_input(from, manifest);
  spec->output = from.text("output", 128);
  const auto count = [&](std::string_view field, std::uint64_t most, std::uint64_t fallback) {
    return static_cast<std::uint32_t>(from.integer(field, 1, most, fallback));
  };
  spec->max_entries = count("max_entries", reuse::EmbeddingTable::kMaxRows, spec->max_entries);
  spec->max_bytes = from.integer("max_bytes", 1, kMaxBytes, spec->max_bytes);
  spec->max_age_ms = count("max_age_ms", kMaxAgeMs, spec->max_age_ms);
  spec->neighbours = count("k", reuse::kMaxNeighbours, spec->neighbours);
  spec->min_homogeneity = from.number("min_homogeneity", {0, 1}, spec->min_homogeneity);
  if (spec->min_homogeneity <= 0) from.complain("min_homogeneity", "expected a number above 0");
  spec->eviction = static_cast<reuse::EvictionPolicy>(from.choice("eviction", {"lru", "lfu", "utility"}, 0));
  spec->shared = from.choice("answers", {"private", "shared"}, 0) == 1;
  spec->operating_points = read_operating_points(from, kMaxDistance);
  spec->error_share = read_error_share(from);
  return spec;
}

Result<std::unique_ptr<Question>> make_reuse(const QuestionSpec& base, QuestionMaker& maker) {
  const auto& spec = static_cast<const ReuseSpec&>(base);
  auto network = maker.network(spec.part, spec.input);
  if (!network) return fail(network.error());
  const Manifest& manifest = maker.manifest();
  auto question =
      ReuseQuestion::make(std::move(*network), spec, {manifest.name, manifest.version}, manifest.agree_when);
  if (!question) return fail(question.error().code, {"part '", spec.part, "': ", question.error().message});
  return std::move(*question);
}

std::string_view reuse_part(const QuestionSpec& spec) { return static_cast<const ReuseSpec&>(spec).part; }

}  // namespace

const QuestionRow kReuseRow = {"reuse", read_reuse, make_reuse, reuse_part, true};

}  // namespace sluice::questions
