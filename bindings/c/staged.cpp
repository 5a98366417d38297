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
#include "core/pipeline/exit_cut.hpp"
#include "core/pipeline/exit_program.hpp"

using namespace sluice;

struct sluice_staged {
  model::ThreadPool threads;  // outlives the program, which borrows it
  exits::StagedProgram program;
  std::vector<std::string> tensors;      // that the exits here stand at
  std::vector<input::ImageView> frames;  // of the clip that the last run read; kept for its capacity
  std::vector<output::OutputTensor> outputs;
  std::uint32_t exits_in_all = 0;
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

Failure no_stages() { return fail(ErrorCode::kInvalidArgument, "this client's model does not run by stages"); }

// What of a model to load: all of it, with or without a cut, or its stages up to that.
enum class Extent : std::uint8_t { kWithoutCut, kWithCut, kUpToCut };

Result<void> check_has(const pipeline::Manifest& manifest, Extent extent) {
  if (!manifest.exits) {
    return fail(ErrorCode::kInvalidArgument, {"the bundle '", manifest.name, "' has no early exits"});
  }
  if (extent != Extent::kWithoutCut && !manifest.exits->cut) {
    return fail(ErrorCode::kInvalidArgument, {"the exits of the bundle '", manifest.name, "' have no cut"});
  }
  return {};
}

Result<exits::StagedProgram> make_program(const pipeline::Manifest& manifest,
                                          std::span<const pipeline::PartBytes> parts, Extent extent,
                                          const run::Loading& loading) {
  const auto onnx = find_part(parts, manifest.model.part);
  if (!onnx) return fail(onnx.error());
  const auto branches = find_part(parts, manifest.exits->part);
  if (!branches) return fail(branches.error());
  if (extent == Extent::kWithoutCut) return pipeline::load_exits(manifest, *onnx, *branches, loading);
  const auto coding = find_part(parts, manifest.exits->cut->coding);
  if (!coding) return fail(coding.error());
  return pipeline::load_cut_exits(manifest, *onnx, *branches, *coding, extent == Extent::kWithCut, loading);
}

sluice_status load(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count, Extent extent,
                   const sluice_model_options* options, sluice_staged** out, sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    if (bundle == nullptr) return c::null_argument("bundle");
    const pipeline::Manifest& manifest = bundle->manifest;
    if (auto there = check_has(manifest, extent); !there) return there;
    auto chosen = c::read_model_options(options);
    if (!chosen) return fail(std::move(chosen).error());
    const auto contents = c::read_parts(parts, part_count);
    if (!contents) return fail(contents.error());
    auto program = make_program(manifest, *contents, extent, chosen->loading);
    if (!program) return fail(std::move(program).error());
    const std::span places(manifest.exits->places);
    std::vector<std::string> tensors;
    for (const exits::ExitPlace& place : places.first(program->model().exits())) tensors.push_back(place.tensor);
    *out = new sluice_staged{std::move(chosen->threads),
                             std::move(*program),
                             std::move(tensors),
                             {},
                             {},
                             static_cast<std::uint32_t>(places.size())};
    return {};
  });
}

// Read for the first stage alone; the others have what they go on from.
Result<input::InputView> read_stage_input(sluice_staged& staged, std::uint32_t stage, const sluice_input* input) {
  if (stage == 0) return c::read_input(input, staged.frames);
  return input::InputView(input::ImageView{});
}

}  // namespace

sluice_status sluice_staged_load(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count,
                                 const sluice_model_options* options, sluice_staged** out, sluice_error* error) {
  return load(bundle, parts, part_count, Extent::kWithoutCut, options, out, error);
}

sluice_status sluice_staged_load_cut(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count,
                                     uint32_t whole, const sluice_model_options* options, sluice_staged** out,
                                     sluice_error* error) {
  if (whole > 1) {
    return c::report(error, fail(ErrorCode::kInvalidArgument, {"whole is ", whole, "; use 0 or 1"}));
  }
  return load(bundle, parts, part_count, whole == 1 ? Extent::kWithCut : Extent::kUpToCut, options, out, error);
}

void sluice_staged_destroy(sluice_staged* staged) { delete staged; }

sluice_status sluice_staged_inspect(sluice_staged* staged, sluice_staged_info* out, sluice_error* error) {
  return with(staged, error, [&]() -> Result<void> {
    sluice_staged_info info{};
    info.exit_count = static_cast<std::uint32_t>(staged->tensors.size());
    info.threads = static_cast<std::uint32_t>(staged->threads.thread_count());
    info.exits_in_all = staged->exits_in_all;
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

sluice_status sluice_staged_code(sluice_staged* staged, uint64_t attempt, uint32_t stage, sluice_bytes* out,
                                 sluice_error* error) {
  return with(staged, error, [&]() -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    staged->outputs.clear();
    auto coded = staged->program.code(attempt, stage);
    if (!coded) return fail(std::move(coded).error());
    staged->outputs = std::move(*coded);
    *out = c::to_c(staged->outputs.front().tensor.view().bytes);
    return {};
  });
}

sluice_status sluice_client_submit_stage(sluice_client* client, uint64_t attempt, const sluice_tensor* outputs,
                                         uint32_t output_count, uint64_t multiply_adds, int64_t compute_us,
                                         int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipeline::Client& pipeline) -> Result<void> {
    if (!client->stages) return no_stages();
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

sluice_status sluice_client_submit_coded(sluice_client* client, uint64_t attempt, const void* coded,
                                         size_t coded_length, const char* traceparent, size_t traceparent_length,
                                         int64_t compute_us, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipeline::Client& pipeline) -> Result<void> {
    if (!client->stages) return no_stages();
    const auto bytes = c::read_bytes(coded, coded_length, "coded");
    if (!bytes) return fail(bytes.error());
    const auto trace = c::read_text(traceparent, traceparent_length, "traceparent");
    if (!trace) return fail(trace.error());
    auto tensor = Tensor::copy_of({DataType::kUint8, Shape{static_cast<std::int64_t>(bytes->size())}, *bytes});
    if (!tensor) return fail(std::move(tensor).error());
    std::vector<output::OutputTensor> outputs;
    outputs.push_back({"cut", *std::move(tensor)});
    const Instant now = c::instant(now_us);
    const Duration took(compute_us);
    if (client->records) client->log.line(pipeline::cut_line(now, took, outputs));
    pipeline.submit(attempt, pipeline::StageOutputs(std::move(outputs), *trace), took, now);
    return {};
  });
}
