#include "server/work/request_runner.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/input/finite.hpp"
#include "core/input/preprocessor.hpp"
#include "server/clock.hpp"

namespace sluice::server {

namespace {

bool is_aligned(const TensorView& view) {
  return reinterpret_cast<std::uintptr_t>(view.bytes.data()) % element_size(view.type) == 0;
}

// Where a tensor that the client made lies in the client's picture: the same arithmetic as ImageToTensor's.
input::Placement placement_of(const input::ImageSpec& spec, std::uint32_t width, std::uint32_t height) {
  const float x = static_cast<float>(spec.width) / static_cast<float>(width);
  const float y = static_cast<float>(spec.height) / static_cast<float>(height);
  if (spec.fit == input::Fit::kStretch) return {x, y};
  return {std::min(x, y), std::min(x, y)};
}

// The source of tensors that the client made: as large as the request says, or else as the model's input.
output::Source source_of(const input::InputSpec& spec, const std::array<std::uint32_t, 3>& extent) {
  const input::Modality modality = input::modality_of(spec);
  const auto* image = std::get_if<input::ImageSpec>(&spec);
  if (const auto* clip = std::get_if<input::ClipSpec>(&spec)) image = &clip->frame;
  if (image == nullptr) return {{modality, extent}, {}};
  const auto [width, height, frames] = extent;
  if (width == 0 || height == 0) return {{modality, {image->width, image->height, frames}}, {}};
  return {{modality, extent}, placement_of(*image, width, height)};
}

// A client may send a smaller picture than its source and still wants boxes in the source's pixels.
output::Source in_pixels_of_source(output::Source sent, const std::array<std::uint32_t, 3>& source) {
  const auto [width, height, unused] = source;
  if (sent.extent.modality != input::Modality::kImage || width == 0 || height == 0) return sent;
  sent.placement.scale_x *= static_cast<float>(sent.extent.sizes[0]) / static_cast<float>(width);
  sent.placement.scale_y *= static_cast<float>(sent.extent.sizes[1]) / static_cast<float>(height);
  sent.extent.sizes = {width, height, 0};
  return sent;
}

}  // namespace

RequestRunner::RequestRunner(const ServedModel& model, run::Program program, PayloadDecoder payloads)
    : model_(model),
      program_(std::move(program)),
      payloads_(std::move(payloads)),
      aligned_(model.model->inputs().size()),
      inputs_(model.model->inputs().size()) {}

Result<std::unique_ptr<RequestRunner>> RequestRunner::create(const ServedModel& model, const PictureLimits& limits) {
  const auto& manifest = model.bundle.manifest;
  auto stage = model.model->make_stage();
  if (!stage) return fail(stage.error());
  auto program =
      run::Program::make(std::move(*stage), manifest.model.input, manifest.model.output, input::all_preprocessors());
  if (!program) return fail(program.error().code, {"bundle '", manifest.name, "': ", program.error().message});
  auto payloads = PayloadDecoder::create(input::modality_of(manifest.model.input), limits);
  if (!payloads) return fail(payloads.error());
  return std::unique_ptr<RequestRunner>(new RequestRunner(model, std::move(*program), std::move(*payloads)));
}

Result<void> RequestRunner::take_payload(const wire::Request& request) {
  const auto input = payloads_.decode(request);
  if (!input) return fail(input.error());
  const auto tensor = program_.prepare(*input);
  if (!tensor) return fail(tensor.error());
  inputs_.front() = *tensor;
  program_.set_source(in_pixels_of_source(program_.source(), request.extent));
  return {};
}

Result<void> RequestRunner::take_tensors(const wire::Request& request) {
  const auto expected = model_.model->inputs();
  if (request.tensors.size() != expected.size()) {
    return fail(ErrorCode::kInvalidArgument, "the model takes " + std::to_string(expected.size()) + " tensors, got " +
                                                 std::to_string(request.tensors.size()));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto found = std::find_if(request.tensors.begin(), request.tensors.end(),
                                    [&](const auto& tensor) { return tensor.name == expected[i].name; });
    if (found == request.tensors.end()) {
      return fail(ErrorCode::kInvalidArgument, "the model's input '" + expected[i].name + "' is missing");
    }
    inputs_[i] = found->tensor;
  }
  if (auto ok = check_inputs(expected, inputs_); !ok) return fail(ok.error());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const std::string who = "the tensor '" + expected[i].name + "'";
    if (auto ok = input::check_finite(inputs_[i], who); !ok) return fail(ok.error());
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (is_aligned(inputs_[i])) continue;
    if (auto ok = aligned_[i].resize(inputs_[i].type, inputs_[i].shape); !ok) return fail(ok.error());
    std::copy(inputs_[i].bytes.begin(), inputs_[i].bytes.end(), aligned_[i].mutable_view().bytes.begin());
    inputs_[i] = aligned_[i].view();
  }
  program_.set_source(source_of(program_.input_spec(), request.extent));
  return {};
}

Result<Outputs> RequestRunner::run(const wire::Request& request, OutputForm form, wire::ServerCost& cost) {
  const auto start = now();
  const auto taken = request.encoding == wire::Encoding::kTensor ? take_tensors(request) : take_payload(request);
  const auto decoded = now();
  cost.decode = decoded - start;
  if (!taken) return fail(taken.error());
  if (auto ok = program_.run_stage(inputs_); !ok) {
    cost.compute = now() - decoded;
    return fail(ok.error());
  }
  auto outputs = form == OutputForm::kDecoded ? program_.decode_stage() : program_.raw_outputs();
  cost.compute = now() - decoded;
  return outputs;
}

Result<void> RequestRunner::warm_up() {
  const auto zeros = Tensor::create(program_.tensor_type(), program_.tensor_shape());
  if (!zeros) return fail(zeros.error());
  return program_.run_stage(std::array{zeros->view()});
}

}  // namespace sluice::server
