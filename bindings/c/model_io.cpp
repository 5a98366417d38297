// What stands around a bundle's full model, through the C interface.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/input/image_tensor.hpp"
#include "core/output/decoder.hpp"
#include "core/pipeline/manifest.hpp"

using sluice::ErrorCode;
using sluice::fail;
using sluice::Result;

struct sluice_model_io {
  sluice::input::ImageToTensor to_tensor;
  sluice::Tensor input;
  std::unique_ptr<sluice::output::Decoder> decoder;
  sluice::output::SourcePicture picture;             // of the last prepare; no width before the first
  std::vector<sluice::output::ModelOutput> outputs;  // of the decode under way; kept for its capacity
  std::vector<sluice::output::OutputTensor> results;
};

sluice_status sluice_model_io_create(const char* manifest, size_t manifest_length, sluice_model_io** out,
                                     sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return sluice::c::null_argument("out");
    const auto text = sluice::c::read_text(manifest, manifest_length, "manifest");
    if (!text) return fail(text.error());
    const auto parsed = sluice::pipeline::parse_manifest(*text);
    if (!parsed) return fail(parsed.error());
    auto to_tensor = sluice::input::ImageToTensor::create(parsed->model.input);
    if (!to_tensor) return fail(std::move(to_tensor).error());
    auto input = sluice::Tensor::create(sluice::DataType::kFloat32, to_tensor->tensor_shape());
    if (!input) return fail(std::move(input).error());
    auto decoder = sluice::output::make_decoder(parsed->model.output);
    if (!decoder) return fail(std::move(decoder).error());
    *out = new sluice_model_io{std::move(*to_tensor), std::move(*input), std::move(*decoder), {}, {}, {}};
    return {};
  });
}

void sluice_model_io_destroy(sluice_model_io* io) { delete io; }

sluice_status sluice_model_io_prepare(sluice_model_io* io, const sluice_image* image, sluice_tensor* out,
                                      sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (io == nullptr) return sluice::c::null_argument("io");
    if (out == nullptr) return sluice::c::null_argument("out");
    const auto view = sluice::c::read_image(image);
    if (!view) return fail(view.error());
    const auto placement = io->to_tensor.run(*view, io->input.mutable_view());
    if (!placement) return fail(placement.error());
    io->picture = {view->width, view->height, *placement};
    *out = sluice::c::to_c(io->input.view(), {});
    return {};
  });
}

sluice_status sluice_model_io_decode(sluice_model_io* io, const sluice_tensor* outputs, uint32_t output_count,
                                     uint32_t* out_count, sluice_error* error) {
  return sluice::c::guarded(error, [&]() -> Result<void> {
    if (io == nullptr) return sluice::c::null_argument("io");
    if (outputs == nullptr && output_count != 0) return sluice::c::null_argument("outputs");
    if (out_count == nullptr) return sluice::c::null_argument("out_count");
    if (io->picture.width == 0) return fail(ErrorCode::kInvalidArgument, "decode was called before prepare");
    io->outputs.clear();
    for (std::uint32_t i = 0; i < output_count; ++i) {
      const auto tensor = sluice::c::read_tensor(outputs[i]);
      if (!tensor) return fail(tensor.error());
      const auto name =
          sluice::c::read_text(static_cast<const char*>(outputs[i].name.data), outputs[i].name.length, "output.name");
      if (!name) return fail(name.error());
      io->outputs.push_back({*name, *tensor});
    }
    auto results = io->decoder->decode(io->outputs, io->picture);
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
