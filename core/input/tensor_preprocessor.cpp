// Text and plain tensors. See preprocessor.hpp.
#include <algorithm>
#include <cstring>

#include "core/base/text.hpp"
#include "core/input/finite.hpp"
#include "core/input/refusal.hpp"

namespace sluice::input {
namespace {

Result<void> check_tensor(MutableTensorView tensor, DataType type, const Shape& shape) {
  if (tensor.type == type && tensor.shape == shape) return {};
  return fail(ErrorCode::kShapeMismatch, {"a ", type_name(tensor.type), " tensor of ", to_string(tensor.shape),
                                          " for a ", type_name(type), " input of ", to_string(shape)});
}

class TextPreprocessor final : public Preprocessor {
 public:
  explicit TextPreprocessor(const TextSpec& spec) : spec_(spec) {}

  DataType tensor_type() const override { return DataType::kInt64; }
  Shape tensor_shape() const override { return {1, spec_.max_bytes}; }

  Result<Placement> run(const InputView& input, MutableTensorView tensor) override {
    const auto* text = std::get_if<TextView>(&input);
    if (text == nullptr) return refuse_modality(Modality::kText, input);
    if (text->utf8.size() > spec_.max_bytes) {
      return fail(ErrorCode::kInvalidInput,
                  {"a text of ", text->utf8.size(), " bytes; the bundle takes at most ", spec_.max_bytes});
    }
    if (auto fits = check_tensor(tensor, tensor_type(), tensor_shape()); !fits) return fail(fits.error());
    const auto out = tensor.as<std::int64_t>();
    const auto end = std::transform(text->utf8.begin(), text->utf8.end(), out.begin(),
                                    [](char c) { return std::int64_t{1} + static_cast<unsigned char>(c); });
    std::fill(end, out.end(), 0);
    return Placement{};
  }

 private:
  TextSpec spec_;
};

class TensorPreprocessor final : public Preprocessor {
 public:
  explicit TensorPreprocessor(const TensorSpec& spec) : spec_(spec) {}

  DataType tensor_type() const override { return spec_.type; }
  Shape tensor_shape() const override { return spec_.shape; }

  Result<Placement> run(const InputView& input, MutableTensorView tensor) override {
    const auto* given = std::get_if<TensorView>(&input);
    if (given == nullptr) return refuse_modality(Modality::kTensor, input);
    if (given->type != spec_.type || given->shape != spec_.shape || given->bytes.size() != tensor.bytes.size()) {
      return fail(ErrorCode::kInvalidInput,
                  {"a ", type_name(given->type), " tensor of ", to_string(given->shape), " in ", given->bytes.size(),
                   " bytes; the bundle takes ", type_name(spec_.type), " ", to_string(spec_.shape)});
    }
    if (auto fits = check_tensor(tensor, spec_.type, spec_.shape); !fits) return fail(fits.error());
    if (auto finite = check_finite(*given, "the tensor"); !finite) return fail(finite.error());
    if (!given->bytes.empty()) std::memcpy(tensor.bytes.data(), given->bytes.data(), given->bytes.size());
    return Placement{};
  }

 private:
  TensorSpec spec_;
};

}  // namespace

Result<std::unique_ptr<Preprocessor>> make_text_preprocessor(const InputSpec& spec) {
  const auto& text = std::get<TextSpec>(spec);
  if (text.max_bytes == 0 || text.max_bytes > kMaxTextBytes) {
    return fail(ErrorCode::kInvalidArgument,
                {"a text input of ", text.max_bytes, " bytes; there may be 1 to ", kMaxTextBytes});
  }
  return std::make_unique<TextPreprocessor>(text);
}

Result<std::unique_ptr<Preprocessor>> make_tensor_preprocessor(const InputSpec& spec) {
  const auto& tensor = std::get<TensorSpec>(spec);
  if (auto size = dense_size(tensor.type, tensor.shape, Tensor::kDefaultLimitBytes); !size) return fail(size.error());
  return std::make_unique<TensorPreprocessor>(tensor);
}

}  // namespace sluice::input
