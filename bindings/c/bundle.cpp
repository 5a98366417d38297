// Bundles through the C interface: what a manifest says, so that callers need not read it themselves.
#include "bindings/c/bundle.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "bindings/c/loading.hpp"
#include "bindings/c/records.hpp"

using namespace sluice;

namespace {

// What the model takes, into the record.
struct InputDescriber {
  sluice_bundle_info& out;

  void set(std::uint32_t first, std::uint32_t second = 0, std::uint32_t third = 0) const {
    out.sizes[0] = first;
    out.sizes[1] = second;
    out.sizes[2] = third;
  }
  void operator()(const input::ImageSpec& spec) const { set(spec.width, spec.height); }
  void operator()(const input::ClipSpec& spec) const { set(spec.frame.width, spec.frame.height, spec.frames); }
  void operator()(const input::AudioSpec& spec) const { set(spec.samples, spec.channels, spec.rate_hz); }
  void operator()(const input::SignalSpec& spec) const { set(spec.steps, spec.channels); }
  void operator()(const input::TextSpec& spec) const { set(spec.max_bytes); }
  void operator()(const input::TensorSpec& spec) const {
    out.tensor_type = static_cast<sluice_tensor_type>(spec.type);
    out.tensor_rank = static_cast<std::uint32_t>(spec.shape.rank());
    std::ranges::copy(spec.shape.dims(), out.tensor_dims);
  }
};

template <typename Body>
sluice_status with(sluice_bundle* bundle, sluice_error* error, Body&& body) {
  return c::guarded(error, [&]() -> Result<void> {
    if (bundle == nullptr) return c::null_argument("bundle");
    return body(bundle->manifest);
  });
}

Failure no_such(std::string_view what, std::uint32_t index, std::size_t count) {
  return fail(ErrorCode::kNotFound, {"there is no ", what, " ", index, "; there are ", count});
}

std::uint32_t exit_uses(const pipeline::ExitsSpec& exits, const std::string& part) {
  std::uint32_t uses = 0;
  if (part == exits.part) uses |= SLUICE_USED_BY_EXITS;
  if (exits.cut && part == exits.cut->coding) uses |= SLUICE_USED_BY_CUT;
  return uses;
}

Result<const pipeline::AskedQuestion*> find_question(const pipeline::Manifest& manifest, std::uint32_t index) {
  if (index >= manifest.questions.size()) return no_such("question", index, manifest.questions.size());
  return &manifest.questions[index];
}

}  // namespace

sluice_status sluice_bundle_open(const char* json, size_t json_length, sluice_bundle** out, sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    const auto text = c::read_text(json, json_length, "json");
    if (!text) return fail(text.error());
    auto manifest = pipeline::parse_manifest(*text, c::question_rows(), c::further_sections());
    if (!manifest) return fail(manifest.error());
    auto handle = std::make_unique<sluice_bundle>();
    handle->manifest = std::move(*manifest);
    handle->question_parts = pipeline::question_parts(handle->manifest);
    *out = handle.release();
    return {};
  });
}

void sluice_bundle_destroy(sluice_bundle* bundle) { delete bundle; }

sluice_status sluice_bundle_describe(sluice_bundle* bundle, sluice_bundle_info* out, sluice_error* error) {
  return with(bundle, error, [&](const pipeline::Manifest& manifest) -> Result<void> {
    sluice_bundle_info info{};
    info.part_count = static_cast<std::uint32_t>(manifest.parts.size());
    info.question_count = static_cast<std::uint32_t>(manifest.questions.size());
    info.default_target = manifest.default_target;
    info.modality = static_cast<sluice_modality>(input::modality_of(manifest.model.input));
    std::visit(InputDescriber{info}, manifest.model.input);
    info.name = c::to_c(manifest.name);
    info.version = c::to_c(manifest.version);
    info.description = c::to_c(manifest.description);
    return c::write_record(out, info, sizeof(sluice_bundle_info), "out");
  });
}

sluice_status sluice_bundle_get_part(sluice_bundle* bundle, uint32_t index, sluice_bundle_part* out,
                                     sluice_error* error) {
  return with(bundle, error, [&](const pipeline::Manifest& manifest) -> Result<void> {
    if (index >= manifest.parts.size()) return no_such("part", index, manifest.parts.size());
    const pipeline::Part& part = manifest.parts[index];
    sluice_bundle_part record{};
    if (std::ranges::count(bundle->question_parts, part.name) != 0) record.uses |= SLUICE_USED_BY_QUESTIONS;
    if (part.name == manifest.model.part) record.uses |= SLUICE_USED_BY_MODEL;
    if (manifest.split && part.name == manifest.split->device) record.uses |= SLUICE_USED_BY_DEVICE_HALF;
    if (manifest.exits) record.uses |= exit_uses(*manifest.exits, part.name);
    record.name = c::to_c(part.name);
    record.file = c::to_c(part.file);
    record.sha256 = c::to_c(part.sha256);
    record.bytes = part.bytes;
    return c::write_record(out, record, sizeof(sluice_bundle_part), "out");
  });
}

sluice_status sluice_bundle_get_question(sluice_bundle* bundle, uint32_t index, sluice_question* out,
                                         sluice_error* error) {
  return with(bundle, error, [&](const pipeline::Manifest& manifest) -> Result<void> {
    const auto question = find_question(manifest, index);
    if (!question) return fail(question.error());
    sluice_question record{};
    record.point_count = static_cast<std::uint32_t>((*question)->spec->points().size());
    record.error_share = (*question)->spec->error_share;
    record.kind = c::to_c((*question)->row->kind);
    return c::write_record(out, record, sizeof(sluice_question), "out");
  });
}

sluice_status sluice_bundle_get_operating_point(sluice_bundle* bundle, uint32_t question, uint32_t index,
                                                sluice_operating_point* out, sluice_error* error) {
  return with(bundle, error, [&](const pipeline::Manifest& manifest) -> Result<void> {
    const auto asked = find_question(manifest, question);
    if (!asked) return fail(asked.error());
    const auto points = (*asked)->spec->points();
    if (index >= points.size()) return no_such("operating point", index, points.size());
    sluice_operating_point record{};
    record.target = points[index].target;
    record.confidence = points[index].confidence;
    record.threshold = points[index].threshold;
    record.filter_rate = points[index].filter_rate;
    return c::write_record(out, record, sizeof(sluice_operating_point), "out");
  });
}

namespace sluice::c {

Result<std::vector<pipeline::PartBytes>> read_parts(const sluice_part* parts, std::uint32_t count) {
  if (parts == nullptr && count != 0) return null_argument("parts");
  std::vector<pipeline::PartBytes> read;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto name = read_text(static_cast<const char*>(parts[i].name.data), parts[i].name.length, "part.name");
    if (!name) return fail(name.error());
    const auto bytes = read_bytes(parts[i].bytes.data, parts[i].bytes.length, "part.bytes");
    if (!bytes) return fail(bytes.error());
    read.push_back({*name, *bytes});
  }
  return read;
}

Result<void> check_target(float target) {
  if (target > 0 && target <= 1) return {};
  return fail(ErrorCode::kInvalidArgument, {"an accuracy target of ", target, " is outside (0, 1]"});
}

}  // namespace sluice::c
