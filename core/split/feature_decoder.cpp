#include "core/split/feature_decoder.hpp"

#include <algorithm>

#include "core/split/coding/range_decoder.hpp"
#include "core/split/device_half.hpp"

namespace sluice::split {
namespace {

const char* describe(ModelStatus status) {
  switch (status) {
    case ModelStatus::kOk: return "nothing is wrong with it";
    case ModelStatus::kUnknownVersion: return "its version is not known here";
    case ModelStatus::kWrongLength: return "it is shorter or longer than its sizes say";
    case ModelStatus::kWrongSizes: return "its sizes are beyond the limits";
    case ModelStatus::kWrongValues: return "its symbols' values are beyond the limits";
    case ModelStatus::kWrongTable: return "it names a table that it does not have";
    case ModelStatus::kWrongFrequency: return "a table leaves a symbol without a share";
  }
  return "unknown";
}

}  // namespace

Result<SymbolModel> read_coding(Bytes section) {
  SymbolModel model;
  const auto status = read_symbol_model({reinterpret_cast<const std::uint8_t*>(section.data()), section.size()}, model);
  if (status == ModelStatus::kOk) return model;
  return fail(ErrorCode::kMalformedModel,
              {"a coding section of ", section.size(), " bytes that cannot be read: ", describe(status)});
}

Result<void> check_values(const SymbolModel& model, std::size_t values) {
  if (values == model.feature_values()) return {};
  return fail(ErrorCode::kMalformedManifest,
              {"'values' has ", values, " numbers; the coding section knows ", model.feature_values(), " symbols"});
}

Result<FeatureDecoder> FeatureDecoder::of_coding(Bytes section, std::vector<float> values) {
  const auto model = read_coding(section);
  if (!model) return fail(model.error());
  if (auto checked = check_values(*model, values.size()); !checked) return fail(checked.error());
  return FeatureDecoder(*model, std::move(values));
}

Result<FeatureDecoder> FeatureDecoder::create(std::string_view device_unit, std::vector<float> values) {
  const auto unit = read_unit(as_bytes(device_unit));
  if (!unit) return fail(unit.error());
  const SymbolModel& model = unit->coding;
  if (values.empty()) {
    for (int value = model.first_feature_value(); value <= model.last_feature_value(); ++value) {
      values.push_back(static_cast<float>(value));
    }
  }
  if (values.size() != model.feature_values()) {
    return fail(ErrorCode::kMalformedManifest, {"split.values has ", values.size(), " numbers; the device unit knows ",
                                                model.feature_values(), " symbols"});
  }
  return FeatureDecoder(model, std::move(values));
}

Shape FeatureDecoder::tensor_shape() const { return {1, model_.feature_channels(), model_.height, model_.width}; }

std::size_t FeatureDecoder::max_payload_bytes() const { return most_payload_bytes(model_); }

Result<std::uint32_t> FeatureDecoder::decode(Bytes payload, std::vector<std::int8_t>& symbols,
                                             MutableTensorView features) const {
  symbols.resize(model_.features());
  const auto decoded =
      decode_features(model_, {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()}, symbols);
  if (!decoded) return fail(decoded.error());
  if (decoded->channels == 0) {
    return fail(ErrorCode::kMalformedPayload,
                {"not one channel of features is whole in a payload of ", payload.size(), " bytes"});
  }
  const auto out = features.as<float>();
  const std::size_t came = std::size_t{std::min(decoded->channels, model_.feature_channels())} * model_.positions();
  for (std::size_t i = 0; i < came; ++i) {
    out[i] = values_[static_cast<std::size_t>(symbols[i] - model_.first_feature_value())];
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(came), out.end(), 0.0F);
  return decoded->channels;
}

}  // namespace sluice::split
