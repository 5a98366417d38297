// A bundle's model by stages, with its early exits, through the C interface: what runs them, and what tells a client of it.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "bindings/c/bundle.hpp"
#include "bindings/c/client_handle.hpp"
#include "bindings/c/model_options.hpp"
#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/exit/staged_program.hpp"
#include "core/pipeline/decision_stage.hpp"
#include "core/pipeline/exit_program.hpp"

using namespace sluice;

struct sluice_staged {
  model::ThreadPool threads;  // outlives the program, which borrows it
  exits::StagedProgram program;
  std::vector<std::string> tensors;      // that the exits stand at
  std::vector<input::ImageView> frames;  // of the clip that the last run read; kept for its capacity
  std::vector<output::OutputTensor> outputs;
};

namespace {

template <typename Body>
sluice_status with(sluice_staged* staged, sluice_error* error, Body&& body) {
  return c::guarded(error, [&]() -> Result<void> {
    if (staged == nullptr) return c::null_argument("staged");
    return body();
  });
}

Result<Bytes> find_part(std::span<const pipeline::PartBytes> parts, std::string_view name) {
  const auto found = std::ranges::find(parts, name, &pipeline::PartBytes::name);
  if (found == parts.end()) return fail(ErrorCode::kBundlePartMissing, {"the part '", name, "' was not given"});
  return found->bytes;
}

// Read for the first stage alone; the others have what they go on from.
Result<input::InputView> read_stage_input(sluice_staged& staged, std::uint32_t stage, const sluice_input* input) {
  if (stage == 0) return c::read_input(input, staged.frames);
  return input::InputView(input::ImageView{});
}

}  // namespace

sluice_status sluice_staged_load(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count,
                                 const sluice_model_options* options, sluice_staged** out, sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    if (bundle == nullptr) return c::null_argument("bundle");
    const pipeline::Manifest& manifest = bundle->manifest;
    if (!manifest.exits) {
      return fail(ErrorCode::kInvalidArgument, {"the bundle '", manifest.name, "' has no early exits"});
    }
    auto chosen = c::read_model_options(options);
    if (!chosen) return fail(std::move(chosen).error());
    const auto contents = c::read_parts(parts, part_count);
    if (!contents) return fail(contents.error());
    const auto onnx = find_part(*contents, manifest.model.part);
    if (!onnx) return fail(onnx.error());
    const auto branches = find_part(*contents, manifest.exits->part);
    if (!branches) return fail(branches.error());
    auto program = pipeline::load_exits(manifest, *onnx, *branches, chosen->loading);
    if (!program) return fail(std::move(program).error());
    std::vector<std::string> tensors;
    for (const exits::ExitPlace& place : manifest.exits->places) tensors.push_back(place.tensor);
    *out = new sluice_staged{std::move(chosen->threads), std::move(*program), std::move(tensors), {}, {}};
    return {};
  });
}

void sluice_staged_destroy(sluice_staged* staged) { delete staged; }

sluice_status sluice_staged_inspect(sluice_staged* staged, sluice_staged_info* out, sluice_error* error) {
  return with(staged, error, [&]() -> Result<void> {
    sluice_staged_info info{};
    info.exit_count = static_cast<std::uint32_t>(staged->tensors.size());
    info.threads = static_cast<std::uint32_t>(staged->threads.thread_count());
    info.multiply_adds = staged->program.model_multiply_adds();
    return c::write_record(out, info, sizeof(sluice_staged_info), "out");
  });
}

sluice_status sluice_staged_get_exit(sluice_staged* staged, uint32_t index, sluice_exit_info* out,
                                     sluice_error* error) {
  return with(staged, error, [&]() -> Result<void> {
    if (index >= staged->tensors.size()) {
      return fail(ErrorCode::kNotFound, {"there is no exit ", index, "; there are ", staged->tensors.size()});
    }
    sluice_exit_info info{};
    info.stage_multiply_adds = staged->program.model().stage_cost(index);
    info.exit_multiply_adds = staged->program.model().branch_cost(index);
    info.tensor = c::to_c(staged->tensors[index]);
    return c::write_record(out, info, sizeof(sluice_exit_info), "out");
  });
}

sluice_status sluice_staged_run(sluice_staged* staged, uint64_t attempt, uint32_t stage, uint32_t with_exit,
                                const sluice_input* input, uint32_t* out_count, uint64_t* out_multiply_adds,
                                sluice_error* error) {
  return with(staged, error, [&]() -> Result<void> {
    if (out_count == nullptr) return c::null_argument("out_count");
    if (out_multiply_adds == nullptr) return c::null_argument("out_multiply_adds");
    const auto view = read_stage_input(*staged, stage, input);
    if (!view) return fail(view.error());
    staged->outputs.clear();
    const std::uint64_t before = staged->program.model().counts().multiply_adds;
    auto outputs = staged->program.run(attempt, *view, stage, with_exit != 0);
    if (!outputs) return fail(std::move(outputs).error());
    staged->outputs = std::move(*outputs);
    *out_count = static_cast<std::uint32_t>(staged->outputs.size());
    *out_multiply_adds = staged->program.model().counts().multiply_adds - before;
    return {};
  });
}

sluice_status sluice_staged_output(sluice_staged* staged, uint32_t index, sluice_tensor* out, sluice_error* error) {
  return with(staged, error, [&]() -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    if (index >= staged->outputs.size()) {
      return fail(ErrorCode::kNotFound,
                  {"there is no output ", index, "; the last stage gave ", staged->outputs.size()});
    }
    *out = c::to_c(staged->outputs[index].tensor.view(), staged->outputs[index].name);
    return {};
  });
}

sluice_status sluice_client_submit_stage(sluice_client* client, uint64_t attempt, const sluice_tensor* outputs,
                                         uint32_t output_count, uint64_t multiply_adds, int64_t compute_us,
                                         int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipeline::Client& pipeline) -> Result<void> {
    if (!client->stages) return fail(ErrorCode::kInvalidArgument, "this client's model does not run by stages");
    auto tensors = c::read_outputs(outputs, output_count);
    if (!tensors) return fail(std::move(tensors).error());
    const Instant now = c::instant(now_us);
    const Duration took(compute_us);
    // The log's line reads these; the route refuses what they should not be.
    const bool plain = std::ranges::all_of(*tensors, [](const output::OutputTensor& one) {
      return one.tensor.type() == DataType::kFloat32 && !one.tensor.view().bytes.empty();
    });
    if (!plain) return fail(ErrorCode::kInvalidArgument, "a stage gives float32 tensors that are not empty");
    if (client->records) client->log.line(pipeline::stage_line(now, took, multiply_adds, *tensors));
    pipeline.submit(attempt, pipeline::StageOutputs(std::move(*tensors), {}, multiply_adds), took, now);
    return {};
  });
}
