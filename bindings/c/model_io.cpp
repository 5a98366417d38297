// What stands around a bundle's full model, through the C interface.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings/c/bundle.hpp"
#include "bindings/c/loading.hpp"
#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/run/program.hpp"

using sluice::ErrorCode;
using sluice::fail;
using sluice::Result;

struct sluice_model_io {
  sluice::run::Program program;
  bool prepared = false;
  std::vector<sluice::input::ImageView> frames;      // of the clip under preparation; kept for its capacity
  std::vector<sluice::output::ModelOutput> outputs;  // of the decode under way; kept for its capacity
  std::vector<sluice::output::OutputTensor> results;
};

sluice_status sluice_model_io_create(sluice_bundle* bundle, sluice_model_io** out, sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return sluice::c::null_argument("out");
    if (bundle == nullptr) return sluice::c::null_argument("bundle");
    const auto& model = bundle->manifest.model;
    auto program = sluice::run::Program::make(nullptr, model.input, model.output, sluice::c::loading().preprocessors);
    if (!program) return fail(std::move(program).error());
    *out = new sluice_model_io{std::move(*program), false, {}, {}, {}};
    return {};
  });
}

void sluice_model_io_destroy(sluice_model_io* io) { delete io; }

sluice_status sluice_model_io_prepare(sluice_model_io* io, const sluice_input* input, sluice_tensor* out,
                                      sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (io == nullptr) return sluice::c::null_argument("io");
    if (out == nullptr) return sluice::c::null_argument("out");
    const auto view = sluice::c::read_input(input, io->frames);
    if (!view) return fail(view.error());
    const auto tensor = io->program.prepare(*view);
    if (!tensor) return fail(tensor.error());
    io->prepared = true;
    *out = sluice::c::to_c(*tensor, {});
    return {};
  });
}

sluice_status sluice_model_io_decode(sluice_model_io* io, const sluice_tensor* outputs, uint32_t output_count,
                                     uint32_t* out_count, sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (io == nullptr) return sluice::c::null_argument("io");
    if (outputs == nullptr && output_count != 0) return sluice::c::null_argument("outputs");
    if (out_count == nullptr) return sluice::c::null_argument("out_count");
    if (!io->prepared) return fail(ErrorCode::kInvalidArgument, "decode was called before prepare");
    io->outputs.clear();
    for (std::uint32_t i = 0; i < output_count; ++i) {
      const auto tensor = sluice::c::read_tensor(outputs[i]);
      if (!tensor) return fail(tensor.error());
      const auto name =
          sluice::c::read_text(static_cast<const char*>(outputs[i].name.data), outputs[i].name.length, "output.name");
      if (!name) return fail(name.error());
      io->outputs.push_back({*name, *tensor});
    }
    auto results = io->program.decode(io->outputs);
    if (!results) return fail(std::move(results).error());
    io->results = std::move(*results);
    *out_count = static_cast<std::uint32_t>(io->results.size());
    return {};
  });
}

sluice_status sluice_model_io_result(sluice_model_io* io, uint32_t index, sluice_tensor* out, sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (io == nullptr) return sluice::c::null_argument("io");
    if (out == nullptr) return sluice::c::null_argument("out");
    if (index >= io->results.size()) {
      return fail(ErrorCode::kNotFound, {"there is no result ", index, "; the last decode gave ", io->results.size()});
    }
    *out = sluice::c::to_c(io->results[index].tensor.view(), io->results[index].name);
    return {};
  });
}
