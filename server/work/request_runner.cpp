#include "server/work/request_runner.hpp"

#include <algorithm>
#include <utility>

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

}  // namespace

RequestRunner::RequestRunner(const ServedModel& model, std::unique_ptr<Runner> runner, PictureDecoder pictures,
                             input::ImageToTensor image_to_tensor, std::unique_ptr<output::Decoder> decoder)
    : model_(model),
      runner_(std::move(runner)),
      pictures_(std::move(pictures)),
      image_to_tensor_(std::move(image_to_tensor)),
      decoder_(std::move(decoder)),
      aligned_(model.model->inputs().size()),
      inputs_(model.model->inputs().size()) {}

Result<std::unique_ptr<RequestRunner>> RequestRunner::create(const ServedModel& model, const PictureLimits& limits) {
  const auto& manifest = model.bundle.manifest;
  auto runner = model.model->make_runner();
  if (!runner) return fail(runner.error());
  auto pictures = PictureDecoder::create(limits);
  if (!pictures) return fail(pictures.error());
  auto image_to_tensor = input::ImageToTensor::create(manifest.model.input);
  if (!image_to_tensor) return fail(image_to_tensor.error());
  const auto& spec = manifest.model.output;
  auto decoder = output::make_decoder({spec.decoder, spec.score_threshold, spec.nms_iou});
  if (!decoder) return fail(decoder.error().code, "bundle '" + manifest.name + "': " + decoder.error().message);
  return std::unique_ptr<RequestRunner>(new RequestRunner(model, std::move(*runner), std::move(*pictures),
                                                          std::move(*image_to_tensor), std::move(*decoder)));
}

Result<output::SourcePicture> RequestRunner::take_picture(const wire::Request& request) {
  const auto image = pictures_.decode(request);
  if (!image) return fail(image.error());
  if (auto ok = picture_tensor_.resize(DataType::kFloat32, image_to_tensor_.tensor_shape()); !ok)
    return fail(ok.error());
  const auto placement = image_to_tensor_.run(*image, picture_tensor_.mutable_view());
  if (!placement) return fail(placement.error());
  inputs_.front() = picture_tensor_.view();
  // A client may send a smaller picture than its source and still wants boxes in the source's pixels.
  output::SourcePicture frame{image->width, image->height, *placement};
  if (request.width > 0 && request.height > 0) {
    frame.placement.scale_x *= static_cast<float>(image->width) / static_cast<float>(request.width);
    frame.placement.scale_y *= static_cast<float>(image->height) / static_cast<float>(request.height);
    frame.width = request.width;
    frame.height = request.height;
  }
  return frame;
}

Result<output::SourcePicture> RequestRunner::take_tensors(const wire::Request& request) {
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
    if (is_aligned(inputs_[i])) continue;
    if (auto ok = aligned_[i].resize(inputs_[i].type, inputs_[i].shape); !ok) return fail(ok.error());
    std::copy(inputs_[i].bytes.begin(), inputs_[i].bytes.end(), aligned_[i].mutable_view().bytes.begin());
    inputs_[i] = aligned_[i].view();
  }
  const auto& spec = model_.bundle.manifest.model.input;
  if (request.width == 0 || request.height == 0) return output::SourcePicture{spec.width, spec.height, {}};
  return output::SourcePicture{request.width, request.height, placement_of(spec, request.width, request.height)};
}

Result<Outputs> RequestRunner::collect(const output::SourcePicture& frame, OutputForm form) {
  const auto infos = model_.model->outputs();
  Outputs outputs;
  if (form == OutputForm::kDecoded) {
    raw_.clear();
    for (std::size_t i = 0; i < infos.size(); ++i) raw_.push_back({infos[i].name, runner_->output(i)});
    auto decoded = decoder_->decode(raw_, frame);
    if (!decoded) return fail(decoded.error());
    outputs.reserve(decoded->size());
    for (auto& output : *decoded) outputs.push_back({std::move(output.name), std::move(output.tensor)});
    return outputs;
  }
  outputs.reserve(infos.size());
  for (std::size_t i = 0; i < infos.size(); ++i) {
    auto copy = Tensor::copy_of(runner_->output(i));
    if (!copy) return fail(copy.error());
    outputs.push_back({infos[i].name, std::move(*copy)});
  }
  return outputs;
}

Result<Outputs> RequestRunner::run(const wire::Request& request, OutputForm form, wire::ServerCost& cost) {
  const auto start = now();
  const auto frame = request.encoding == wire::Encoding::kTensor ? take_tensors(request) : take_picture(request);
  const auto decoded = now();
  cost.decode = decoded - start;
  if (!frame) return fail(frame.error());
  if (auto ok = runner_->run(inputs_); !ok) {
    cost.compute = now() - decoded;
    return fail(ok.error());
  }
  auto outputs = collect(*frame, form);
  cost.compute = now() - decoded;
  return outputs;
}

Result<void> RequestRunner::warm_up() {
  const auto infos = model_.model->inputs();
  std::vector<Tensor> zeros;
  std::vector<TensorView> views;
  for (const auto& info : infos) {
    auto dims = info.dims;
    for (auto& dim : dims) dim = std::max<std::int64_t>(dim, 1);
    const auto shape = Shape::make(dims);
    if (!shape) return fail(ErrorCode::kShapeMismatch, "input '" + info.name + "' is " + describe(info));
    auto tensor = Tensor::create(info.type, *shape);
    if (!tensor) return fail(tensor.error());
    zeros.push_back(std::move(*tensor));
    views.push_back(zeros.back().view());
  }
  if (infos.size() == 1 && infos[0].type == DataType::kFloat32) {  // open dimensions: as pictures fill them
    auto tensor = Tensor::create(DataType::kFloat32, image_to_tensor_.tensor_shape());
    if (!tensor) return fail(tensor.error());
    zeros[0] = std::move(*tensor);
    views[0] = zeros[0].view();
  }
  return runner_->run(views);
}

}  // namespace sluice::server
