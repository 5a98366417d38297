// Models through the C interface.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings/c/model_options.hpp"
#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/model/model.hpp"

namespace {

using sluice::ErrorCode;
using sluice::fail;
using sluice::Result;
using sluice::TensorView;

sluice_tensor describe(const sluice::model::TensorInfo& info) {
  sluice_tensor record{};
  record.type = static_cast<sluice_tensor_type>(info.type);
  record.rank = static_cast<std::uint32_t>(std::min<std::size_t>(info.dims.size(), SLUICE_MAX_RANK));
  std::copy_n(info.dims.begin(), record.rank, record.dims);
  record.name = sluice::c::to_c(info.name);
  return record;
}

Result<void> describe_one(std::span<const sluice::model::TensorInfo> all, std::uint32_t index, sluice_tensor* out) {
  if (out == nullptr) return sluice::c::null_argument("out");
  if (index >= all.size()) {
    return fail(ErrorCode::kNotFound, {"there is no tensor ", index, "; the model has ", all.size()});
  }
  *out = describe(all[index]);
  return {};
}

}  // namespace

struct sluice_model {
  sluice::model::ThreadPool threads;  // outlives the model, which borrows it
  sluice::model::Model model;
  std::vector<TensorView> inputs;  // of the run under way; kept for its capacity
};

sluice_status sluice_model_load(const void* onnx, size_t onnx_length, const sluice_model_options* options,
                                sluice_model** out, sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return sluice::c::null_argument("out");
    auto chosen = sluice::c::read_model_options(options);
    if (!chosen) return fail(std::move(chosen).error());
    const auto bytes = sluice::c::read_bytes(onnx, onnx_length, "onnx");
    if (!bytes) return fail(bytes.error());
    auto model = sluice::model::Model::load(*bytes, chosen->loading.model);
    if (!model) return fail(std::move(model).error());
    *out = new sluice_model{std::move(chosen->threads), std::move(*model), {}};
    return {};
  });
}

void sluice_model_destroy(sluice_model* model) { delete model; }

sluice_status sluice_model_inspect(sluice_model* model, sluice_model_info* out, sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (model == nullptr) return sluice::c::null_argument("model");
    const sluice::model::ModelStats& stats = model->model.stats();
    sluice_model_info info{};
    info.input_count = static_cast<std::uint32_t>(model->model.inputs().size());
    info.output_count = static_cast<std::uint32_t>(model->model.outputs().size());
    info.threads = static_cast<std::uint32_t>(model->threads.thread_count());
    info.nodes_read = stats.nodes_read;
    info.nodes_run = stats.nodes_run;
    info.weight_bytes = stats.weight_bytes;
    info.activation_bytes = stats.activation_bytes;
    info.multiply_adds = stats.multiply_adds;
    return sluice::c::write_record(out, info, sizeof(sluice_model_info), "out");
  });
}

sluice_status sluice_model_describe_input(sluice_model* model, uint32_t index, sluice_tensor* out,
                                          sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (model == nullptr) return sluice::c::null_argument("model");
    return describe_one(model->model.inputs(), index, out);
  });
}

sluice_status sluice_model_describe_output(sluice_model* model, uint32_t index, sluice_tensor* out,
                                           sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (model == nullptr) return sluice::c::null_argument("model");
    return describe_one(model->model.outputs(), index, out);
  });
}

sluice_status sluice_model_run(sluice_model* model, const sluice_tensor* inputs, uint32_t input_count,
                               sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (model == nullptr) return sluice::c::null_argument("model");
    if (inputs == nullptr && input_count != 0) return sluice::c::null_argument("inputs");
    if (input_count != model->model.inputs().size()) {
      return fail(ErrorCode::kShapeMismatch,
                  {input_count, " inputs were given; the model takes ", model->model.inputs().size()});
    }
    model->inputs.clear();
    for (std::uint32_t i = 0; i < input_count; ++i) {
      const auto view = sluice::c::read_tensor(inputs[i]);
      if (!view) return fail(view.error());
      model->inputs.push_back(*view);
    }
    return model->model.run(model->inputs);
  });
}

sluice_status sluice_model_output(sluice_model* model, uint32_t index, sluice_tensor* out, sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (model == nullptr) return sluice::c::null_argument("model");
    if (out == nullptr) return sluice::c::null_argument("out");
    const auto outputs = model->model.outputs();
    if (index >= outputs.size()) {
      return fail(ErrorCode::kNotFound, {"there is no output ", index, "; the model has ", outputs.size()});
    }
    *out = sluice::c::to_c(model->model.output(index), outputs[index].name);
    return {};
  });
}
