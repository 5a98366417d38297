#include "core/output/picture_model.hpp"

#include <array>
#include <string>

#include "core/input/model_input.hpp"

namespace sluice::output {

PictureModel::PictureModel(model::Model model, input::ImageToTensor to_tensor, Tensor input,
                           std::unique_ptr<Decoder> decoder)
    : model_(std::move(model)),
      to_tensor_(std::move(to_tensor)),
      input_(std::move(input)),
      decoder_(std::move(decoder)),
      outputs_(model_.outputs().size()) {}

Result<PictureModel> PictureModel::load(Bytes onnx, const input::ImageSpec& input, const OutputSpec& output,
                                        const model::LoadOptions& options) {
  auto decoder = make_decoder(output);
  if (!decoder) return fail(decoder.error());
  auto to_tensor = input::ImageToTensor::create(input);
  if (!to_tensor) return fail(to_tensor.error());
  auto loaded = model::Model::load(onnx, options);
  if (!loaded) return fail(loaded.error());
  if (auto checked = input::check_model_input(*loaded, to_tensor->tensor_shape()); !checked)
    return fail(checked.error());
  auto tensor = Tensor::create(DataType::kFloat32, to_tensor->tensor_shape(), options.limits.max_tensor_bytes);
  if (!tensor) return fail(tensor.error());
  return PictureModel(std::move(*loaded), std::move(*to_tensor), std::move(*tensor), std::move(*decoder));
}

Result<std::vector<OutputTensor>> PictureModel::run(const input::ImageView& picture) {
  const auto placement = to_tensor_.run(picture, input_.mutable_view());
  if (!placement) return fail(placement.error());
  const std::array<TensorView, 1> inputs = {input_.view()};
  if (auto run = model_.run(inputs); !run) return fail(run.error());
  for (std::size_t i = 0; i < outputs_.size(); ++i) outputs_[i] = {model_.outputs()[i].name, model_.output(i)};
  return decoder_->decode(outputs_, {picture.width, picture.height, *placement});
}

}  // namespace sluice::output
