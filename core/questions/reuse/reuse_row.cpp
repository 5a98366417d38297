// The `reuse` question's section of the manifest, and how it becomes a question.
#include "core/pipeline/manifest_fields.hpp"
#include "core/questions/reuse/reuse_question.hpp"

namespace sluice::questions {
namespace {

using namespace pipeline;

constexpr std::size_t kMaxNameBytes = 128;
constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxAgeMs = 7ULL * 24 * 60 * 60 * 1000;
constexpr double kMaxDistance = 1e9;

output::AgreementSpec read_agreement(const JsonObject& owner) {
  const JsonObject from = owner.object("agree_when", {"rule", "iou", "tolerance"});
  output::AgreementSpec spec;
  spec.rule = from.text("rule", kMaxNameBytes);
  spec.iou = from.number("iou", {0, 1}, spec.iou);
  spec.tolerance = from.number("tolerance", {0, kMaxDistance}, spec.tolerance);
  if (const auto made = output::Agreement::make(spec); !made) owner.complain("agree_when", made.error().message);
  return spec;
}

void write_agreement(JsonWriter& out, const output::AgreementSpec& spec) {
  out.begin_object("agree_when");
  out.text("rule", spec.rule);
  out.number("iou", spec.iou);
  out.number("tolerance", spec.tolerance);
  out.end_object();
}

std::shared_ptr<const QuestionSpec> read(const JsonObject& from, const Manifest& manifest) {
  from.only({"kind", "part", "output", "input", "max_entries", "max_bytes", "max_age_ms", "k", "min_homogeneity",
             "eviction", "agree_when", "operating_points", "error_share"});
  auto spec = std::make_shared<ReuseSpec>();
  spec->part = read_part_reference(from, manifest);
  spec->output = from.text("output", kMaxNameBytes);
  spec->input = read_input(from);
  spec->max_entries = from.integer("max_entries", 1, reuse::EmbeddingTable::kMaxRows, spec->max_entries);
  spec->max_bytes = from.integer("max_bytes", 1, kMaxCacheBytes, spec->max_bytes);
  spec->max_age_ms = from.integer("max_age_ms", 1, kMaxAgeMs, spec->max_age_ms);
  spec->vote.neighbours = from.integer("k", 1, reuse::kMaxNeighbours, spec->vote.neighbours);
  spec->vote.min_homogeneity = from.number("min_homogeneity", {0, 1}, spec->vote.min_homogeneity);
  if (spec->vote.min_homogeneity <= 0) from.complain("min_homogeneity", "expected a number above 0");
  spec->eviction = static_cast<reuse::EvictionPolicy>(from.choice("eviction", {"lru", "lfu", "utility"}, 0));
  spec->agree_when = read_agreement(from);
  spec->operating_points = read_operating_points(from, kMaxDistance);
  spec->error_share = read_error_share(from);
  return spec;
}

void write(JsonWriter& out, const QuestionSpec& base) {
  const auto& spec = static_cast<const ReuseSpec&>(base);
  out.text("part", spec.part);
  out.text("output", spec.output);
  write_input(out, spec.input);
  out.integer("max_entries", spec.max_entries);
  out.integer("max_bytes", spec.max_bytes);
  out.integer("max_age_ms", spec.max_age_ms);
  out.integer("k", spec.vote.neighbours);
  out.number("min_homogeneity", spec.vote.min_homogeneity);
  out.text("eviction", reuse::eviction_name(spec.eviction));
  write_agreement(out, spec.agree_when);
  write_operating_points(out, spec.operating_points);
  out.number("error_share", spec.error_share);
}

Result<std::unique_ptr<Question>> make(const QuestionSpec& base, QuestionMaker& maker) {
  const auto& spec = static_cast<const ReuseSpec&>(base);
  auto network = maker.network(spec.part, spec.input);
  if (!network) return fail(network.error());
  auto question = ReuseQuestion::make(std::move(*network), spec, {maker.manifest().name, maker.manifest().version});
  if (!question) return fail(question.error().code, {"part '", spec.part, "': ", question.error().message});
  return std::move(*question);
}

std::string_view part(const QuestionSpec& spec) { return static_cast<const ReuseSpec&>(spec).part; }

}  // namespace

const QuestionRow kReuseRow = {"reuse", read, write, make, part};

}  // namespace sluice::questions
