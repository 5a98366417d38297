#include "native/eval/thumbnail.hpp"

#include "native/eval/rgb_image.hpp"

namespace sluice::eval {

Result<Thumbnails> Thumbnails::create() {
  input::ImageSpec spec;
  spec.width = 32;
  spec.height = 24;
  spec.channels = input::Channels::kGray;
  auto to_tensor = input::ImageToTensor::create(spec);
  if (!to_tensor) return fail(to_tensor.error());
  auto tensor = Tensor::create(DataType::kFloat32, to_tensor->tensor_shape());
  if (!tensor) return fail(tensor.error());
  return Thumbnails(std::move(*to_tensor), std::move(*tensor));
}

Result<std::vector<std::uint8_t>> Thumbnails::make(const input::ImageView& frame) {
  if (auto placed = to_tensor_.run(frame, tensor_.mutable_view()); !placed) return fail(placed.error());
  return to_planes(tensor_.as<float>());
}

}  // namespace sluice::eval
