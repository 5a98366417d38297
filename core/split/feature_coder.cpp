#include "core/split/feature_coder.hpp"

#include <cmath>

#include "core/split/coding/range_encoder.hpp"
#include "core/split/device_half.hpp"
#include "core/split/feature_decoder.hpp"

namespace sluice::split {

Result<FeatureCoder> FeatureCoder::create(Bytes section, std::span<const float> values) {
  FeatureCoder coder;
  coder.section_.assign(section.begin(), section.end());
  const auto model = read_coding(coder.section_);
  if (!model) return fail(model.error());
  if (auto checked = check_values(*model, values.size()); !checked) return fail(checked.error());
  coder.model_ = *model;
  for (std::size_t i = 1; i < values.size(); ++i) coder.limits_.push_back((values[i - 1] + values[i]) / 2);
  coder.symbols_.resize(model->features());
  coder.payload_.resize(most_payload_bytes(*model));
  return coder;
}

Shape FeatureCoder::tensor_shape() const { return {1, model_.feature_channels(), model_.height, model_.width}; }

Result<Bytes> FeatureCoder::code(const TensorView& tensor) {
  if (tensor.type != DataType::kFloat32) {
    return fail(ErrorCode::kTypeMismatch, {"the tensor at the cut is ", type_name(tensor.type), "; coded is float32"});
  }
  if (tensor.shape != tensor_shape()) {
    return fail(ErrorCode::kShapeMismatch,
                {"the tensor at the cut is ", to_string(tensor.shape), "; coded is ", to_string(tensor_shape())});
  }
  const auto values = tensor.as<float>();
  const auto first = static_cast<std::int8_t>(model_.first_feature_value());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i]))
      return fail(ErrorCode::kExecutionFailed, "a value of the tensor at the cut is no number");
    int symbol = first;
    for (const float limit : limits_) symbol += values[i] >= limit ? 1 : 0;
    symbols_[i] = static_cast<std::int8_t>(symbol);
  }
  const EncodedFeatures coded =
      encode_features(model_, symbols_.data(), 1, model_.positions(), payload_, model_.channels);
  if (coded.channels != model_.channels) {
    return fail(ErrorCode::kInternal, {"of the tensor at the cut ", coded.channels, " of ", model_.channels,
                                       " channels were coded in ", payload_.size(), " bytes"});
  }
  return std::as_bytes(std::span(payload_)).first(coded.bytes);
}

}  // namespace sluice::split
