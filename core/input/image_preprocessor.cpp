// Pictures to tensors. See preprocessor.hpp.
#include <array>

#include "core/input/refusal.hpp"

namespace sluice::input {
namespace {

class ImagePreprocessor final : public Preprocessor {
 public:
  explicit ImagePreprocessor(ImageToTensor to_tensor) : to_tensor_(std::move(to_tensor)) {}

  static Result<std::unique_ptr<Preprocessor>> make(const InputSpec& spec) {
    auto to_tensor = ImageToTensor::create(std::get<ImageSpec>(spec));
    if (!to_tensor) return fail(to_tensor.error());
    return std::make_unique<ImagePreprocessor>(std::move(*to_tensor));
  }

  DataType tensor_type() const override { return DataType::kFloat32; }
  Shape tensor_shape() const override { return to_tensor_.tensor_shape(); }

  Result<Placement> run(const InputView& input, MutableTensorView tensor) override {
    const auto* image = std::get_if<ImageView>(&input);
    if (image == nullptr) return refuse_modality(Modality::kImage, input);
    return to_tensor_.run(*image, tensor);
  }

 private:
  ImageToTensor to_tensor_;
};

constexpr std::array kRows = {PreprocessorRow{Modality::kImage, ImagePreprocessor::make}};

}  // namespace

std::span<const PreprocessorRow> image_preprocessors() { return kRows; }

Result<std::unique_ptr<Preprocessor>> make_image_preprocessor(const InputSpec& spec) {
  return ImagePreprocessor::make(spec);
}

}  // namespace sluice::input
