// The SKIP filter alone through the C interface: no conversation, no model. A file of its own, so that the gate-only module
// links nothing else.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bindings/c/operators.hpp"
#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/filter/skip_filter.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/skip_question.hpp"

using namespace sluice;

struct sluice_gate {
  std::vector<std::byte> filter;
  std::optional<pipeline::SkipQuestion> question;
};

sluice_status sluice_gate_create(const char* manifest, size_t manifest_length, const void* filter, size_t filter_length,
                                 sluice_gate** out, sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    const auto text = c::read_text(manifest, manifest_length, "manifest");
    if (!text) return fail(text.error());
    const auto onnx = c::read_bytes(filter, filter_length, "filter");
    if (!onnx) return fail(onnx.error());
    auto parsed = pipeline::parse_manifest(*text);
    if (!parsed) return fail(parsed.error());
    if (!parsed->skip) {
      return fail(ErrorCode::kInvalidArgument,
                  {"the manifest of '", parsed->name, "' has no 'skip', so there is no gate"});
    }
    auto handle = std::make_unique<sluice_gate>();
    handle->filter.assign(onnx->begin(), onnx->end());
    model::LoadOptions options;
    options.operators = c::operators();
    auto loaded = filter::SkipFilter::load(handle->filter, parsed->skip->input, options);
    if (!loaded) return fail(loaded.error());
    handle->question.emplace(std::move(*loaded), std::move(*parsed->skip));
    *out = handle.release();
    return {};
  });
}

void sluice_gate_destroy(sluice_gate* gate) { delete gate; }

sluice_status sluice_gate_judge(sluice_gate* gate, const sluice_image* image, sluice_verdict* out,
                                sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (gate == nullptr) return c::null_argument("gate");
    const auto view = c::read_image(image);
    if (!view) return fail(view.error());
    const auto verdict = gate->question->ask(*view);
    if (!verdict) return fail(verdict.error());
    sluice_verdict record{};
    record.skip = verdict->answer == pipeline::AnswerKind::kSkipped ? 1 : 0;
    record.score = verdict->score;
    record.threshold = verdict->threshold;
    return c::write_record(out, record, sizeof(sluice_verdict), "out");
  });
}

sluice_status sluice_gate_set_accuracy_target(sluice_gate* gate, float target, float* out_kept, sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (gate == nullptr) return c::null_argument("gate");
    if (out_kept == nullptr) return c::null_argument("out_kept");
    if (!(target > 0 && target <= 1)) {
      return fail(ErrorCode::kInvalidArgument, {"an accuracy target of ", target, " is outside (0, 1]"});
    }
    *out_kept = gate->question->set_accuracy_target(target);
    return {};
  });
}
