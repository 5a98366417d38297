// The SKIP filter alone through the C interface: no conversation, no model. A file of its own, so that the gate-only module
// links nothing else.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "bindings/c/bundle.hpp"
#include "bindings/c/loading.hpp"
#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/pipeline/error_budget.hpp"
#include "core/questions/table.hpp"

using namespace sluice;

struct sluice_filter {
  std::vector<std::unique_ptr<pipeline::Question>> questions;
  std::vector<float> shares;
  std::vector<float> spent;
  std::vector<input::ImageView> frames;  // of the clip under judgement; kept for its capacity
  pipeline::InputId last_input = 0;

  float set_accuracy_target(float target) { return pipeline::share_error_budget(questions, shares, target, spent); }
};

namespace {

// Questions that remember answers are not for a filter, which is told none.
bool judges_alone(const pipeline::AskedQuestion& asked) {
  return std::ranges::any_of(questions::gate_questions(),
                             [&](const pipeline::QuestionRow& row) { return row.kind == asked.row->kind; });
}

}  // namespace

sluice_status sluice_filter_create(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count,
                                   sluice_filter** out, sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    if (bundle == nullptr) return c::null_argument("bundle");
    const auto contents = c::read_parts(parts, part_count);
    if (!contents) return fail(contents.error());
    const pipeline::Manifest& manifest = bundle->manifest;
    const run::Loading loading = c::loading();
    pipeline::QuestionMaker maker(manifest, *contents, loading);
    auto handle = std::make_unique<sluice_filter>();
    for (const pipeline::AskedQuestion& asked : manifest.questions) {
      if (!judges_alone(asked)) continue;
      auto question = asked.row->make(*asked.spec, maker);
      if (!question) return fail(question.error());
      handle->questions.push_back(std::move(*question));
      handle->shares.push_back(asked.spec->error_share);
    }
    if (handle->questions.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  {"the bundle '", manifest.name, "' has no 'skip' question to filter by"});
    }
    handle->spent.resize(handle->shares.size());
    handle->set_accuracy_target(manifest.default_target);
    *out = handle.release();
    return {};
  });
}

void sluice_filter_destroy(sluice_filter* filter) { delete filter; }

sluice_status sluice_filter_judge(sluice_filter* filter, const sluice_input* input, sluice_verdict* out,
                                  sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (filter == nullptr) return c::null_argument("filter");
    const auto view = c::read_input(input, filter->frames);
    if (!view) return fail(view.error());
    sluice_verdict record{};
    ++filter->last_input;
    for (const auto& question : filter->questions) {
      const auto verdict = question->ask({*view, filter->last_input, Instant{}});
      if (!verdict) return fail(verdict.error());
      record.skip = verdict->kind ? 1 : 0;
      record.score = verdict->score;
      record.threshold = verdict->threshold;
      if (verdict->kind) break;
    }
    return c::write_record(out, record, sizeof(sluice_verdict), "out");
  });
}

sluice_status sluice_filter_set_accuracy_target(sluice_filter* filter, float target, float* out_kept,
                                                sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (filter == nullptr) return c::null_argument("filter");
    if (out_kept == nullptr) return c::null_argument("out_kept");
    if (auto checked = c::check_target(target); !checked) return checked;
    *out_kept = filter->set_accuracy_target(target);
    return {};
  });
}
