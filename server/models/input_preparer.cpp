#include "server/models/input_preparer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/input/finite.hpp"

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

InputPreparer::InputPreparer(PayloadDecoder payloads, std::unique_ptr<input::Preprocessor> preprocessor,
                             FeatureReading features)
    : payloads_(std::move(payloads)), preprocessor_(std::move(preprocessor)), features_(features) {}

Result<std::unique_ptr<InputPreparer>> InputPreparer::create(const input::InputSpec& spec, const PictureLimits& limits,
                                                             FeatureReading features) {
  auto preprocessor = input::make_preprocessor(spec, input::all_preprocessors());
  if (!preprocessor) return fail(preprocessor.error());
  auto payloads = PayloadDecoder::create(spec, limits);
  if (!payloads) return fail(payloads.error());
  return std::unique_ptr<InputPreparer>(new InputPreparer(std::move(*payloads), std::move(*preprocessor), features));
}

Result<void> InputPreparer::prepare_features(const wire::Request& request, PreparedInput& prepared) {
  prepared.owned.resize(1);
  Tensor& tensor = prepared.owned.front();
  if (auto ok = tensor.resize(DataType::kFloat32, features_.decoder->tensor_shape()); !ok) return fail(ok.error());
  const auto channels = features_.decoder->decode(request.payload, symbols_, tensor.mutable_view());
  if (!channels) return fail(channels.error());
  prepared.tensors.assign(1, tensor.view());
  prepared.channels = *channels;
  prepared.source = {{input::Modality::kTensor, {}}, {}};
  return {};
}

// A tensor at a cut comes whole, or not at all: the stages behind it were not taught to do without a part.
Result<void> InputPreparer::prepare_cut(const wire::Request& request, PreparedInput& prepared) {
  if (request.exit_point == 0 || request.exit_point > features_.cut_points) {
    return fail(ErrorCode::kInvalidArgument,
                {"exit_point is ", request.exit_point, "; the bundle has points from 1 to ", features_.cut_points,
                 " at its cut"});
  }
  if (auto ok = prepare_features(request, prepared); !ok) return ok;
  if (const std::uint32_t all = features_.decoder->coded_channels(); prepared.channels != all) {
    return fail(ErrorCode::kMalformedPayload, {"a payload of ", request.payload.size(), " bytes with ",
                                               prepared.channels, " channels of the tensor at the cut; it has ", all});
  }
  prepared.channels = 0;  // these are not features that may be missing
  prepared.owned.resize(2);
  Tensor& point = prepared.owned[1];
  if (auto ok = point.resize(DataType::kInt32, {1}); !ok) return fail(ok.error());
  point.as<std::int32_t>()[0] = static_cast<std::int32_t>(request.exit_point) - 1;
  prepared.tensors = {prepared.owned[0].view(), point.view()};
  return {};
}

Result<void> InputPreparer::prepare(const wire::Request& request, PreparedInput& prepared) {
  if (features_.cut_points != 0) return prepare_cut(request, prepared);
  if (features_.decoder != nullptr && request.encoding == wire::Encoding::kSplit) {
    return prepare_features(request, prepared);
  }
  const auto input = payloads_.decode(request);
  if (!input) return fail(input.error());
  const auto extent = input::extent_of(*input);
  prepared.owned.resize(1);
  Tensor& tensor = prepared.owned.front();
  if (auto ok = tensor.resize(tensor_type(), tensor_shape()); !ok) return fail(ok.error());
  const auto placement = preprocessor_->run(*input, tensor.mutable_view());
  payloads_.trim();
  if (!placement) return fail(placement.error());
  prepared.tensors.assign(1, tensor.view());
  auto source = request.extent;
  if (source[0] == 0 || source[1] == 0) std::ranges::copy(payloads_.full_size(), source.begin());
  prepared.source = in_pixels_of_source({extent, *placement}, source);
  return {};
}

Result<void> take_tensors(const wire::Request& request, std::span<const model::TensorInfo> expected,
                          const input::InputSpec& spec, PreparedInput& prepared) {
  if (request.tensors.size() != expected.size()) {
    return fail(ErrorCode::kInvalidArgument, "the model takes " + std::to_string(expected.size()) + " tensors, got " +
                                                 std::to_string(request.tensors.size()));
  }
  auto& tensors = prepared.tensors;
  tensors.clear();
  for (const auto& info : expected) {
    const auto found = std::find_if(request.tensors.begin(), request.tensors.end(),
                                    [&](const auto& tensor) { return tensor.name == info.name; });
    if (found == request.tensors.end()) {
      return fail(ErrorCode::kInvalidArgument, "the model's input '" + info.name + "' is missing");
    }
    tensors.push_back(found->tensor);
  }
  if (auto ok = check_inputs(expected, tensors); !ok) return fail(ok.error());
  prepared.owned.resize(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::string who = "the tensor '" + expected[i].name + "'";
    if (auto ok = input::check_finite(tensors[i], who); !ok) return fail(ok.error());
    if (is_aligned(tensors[i])) continue;
    auto& copy = prepared.owned[i];
    if (auto ok = copy.resize(tensors[i].type, tensors[i].shape); !ok) return fail(ok.error());
    std::copy(tensors[i].bytes.begin(), tensors[i].bytes.end(), copy.mutable_view().bytes.begin());
    tensors[i] = copy.view();
  }
  prepared.source = source_of(spec, request.extent);
  return {};
}

}  // namespace sluice::server
