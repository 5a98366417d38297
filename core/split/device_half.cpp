#include "core/split/device_half.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "core/split/device/interpreter.hpp"
#include "core/split/little_endian.hpp"

namespace sluice::split {
namespace {

// More than the worst symbol costs: a share of one of 2^15, its bits rounded up, and what closes the payload.
constexpr std::size_t kMostBytesPerSymbol = 3;
constexpr std::size_t kClosingBytes = 64;
constexpr std::string_view kGuessName = "logits";

template <typename T>
Result<output::OutputTensor> output_of(std::string_view name, std::span<const T> values, const Shape& shape) {
  auto copy = Tensor::copy_of(*view_of(values, shape));
  if (!copy) return fail(copy.error());
  return output::OutputTensor{std::string(name), *std::move(copy)};
}

}  // namespace

Result<DeviceUnit> read_unit(Bytes device) {
  DeviceUnit unit;
  const auto status = read_device_unit({reinterpret_cast<const std::uint8_t*>(device.data()), device.size()}, unit);
  if (status != UnitStatus::kGood) {
    return fail(ErrorCode::kMalformedModel, {"it is no device unit that can be read: ", describe(status)});
  }
  if (unit.coding.channels == 0) {
    return fail(ErrorCode::kMalformedModel, "the device unit has no tables to code features with");
  }
  return unit;
}

std::size_t most_payload_bytes(const SymbolModel& model) {
  return model.coded_symbols() * kMostBytesPerSymbol + kClosingBytes;
}

std::vector<float> guess_shares(const DeviceUnit& unit) {
  std::vector<float> shares(std::size_t{unit.coded_channels()} + 1);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    shares[i] = little_f32(unit.shares + i * sizeof(float));
  }
  return shares;
}

Result<std::unique_ptr<DeviceHalf>> DeviceHalf::create(Bytes device, const input::InputSpec& model_input) {
  const auto* spec = std::get_if<input::ImageSpec>(&model_input);
  if (spec == nullptr) {
    return fail(ErrorCode::kInvalidArgument, {"a device half takes pictures; the model takes inputs of the kind '",
                                              input::modality_name(input::modality_of(model_input)), "'"});
  }
  std::unique_ptr<DeviceHalf> half(new DeviceHalf);
  half->bytes_.assign(device.begin(), device.end());
  const auto unit = read_unit(half->bytes_);
  if (!unit) return fail(unit.error());
  half->unit_ = *unit;
  input::ImageSpec picture = *spec;  // but its bytes as they are
  picture.width = half->unit().picture_width;
  picture.height = half->unit().picture_height;
  picture.channels = input::Channels::kRgb;
  picture.mean = {};
  picture.scale = {1, 1, 1};
  auto preprocessor = input::make_preprocessor(picture, input::all_preprocessors());
  if (!preprocessor) return fail(preprocessor.error());
  half->preprocessor_ = *std::move(preprocessor);
  auto tensor = Tensor::create(half->preprocessor_->tensor_type(), half->preprocessor_->tensor_shape());
  if (!tensor) return fail(tensor.error());
  half->tensor_ = *std::move(tensor);
  half->picture_.resize(half->unit().picture_bytes());
  half->arena_.resize((half->unit().arena_bytes + 3) / 4);
  half->payload_.resize(most_payload_bytes(half->unit_.coding));
  return half;
}

Result<std::vector<output::OutputTensor>> DeviceHalf::run(const input::InputView& input) {
  if (auto placed = preprocessor_->run(input, tensor_.mutable_view()); !placed) return fail(placed.error());
  const auto values = tensor_.as<float>();
  const std::size_t pixels = values.size() / 3;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      picture_[3 * i + c] = static_cast<std::uint8_t>(std::clamp(std::lround(values[c * pixels + i]), 0L, 255L));
    }
  }
  const DeviceUnit& unit = unit_;
  const std::span arena(reinterpret_cast<std::uint8_t*>(arena_.data()), arena_.size() * sizeof(arena_[0]));
  const DeviceAnswer answer = split::run(unit, picture_, arena);
  std::vector<float> guess;
  for (const std::int32_t logit : answer.logits) guess.push_back(unit.logit_scale * static_cast<float>(logit));

  const SymbolModel& coding = unit.coding;
  const EncodedFeatures encoded =
      encode_features(coding, answer.symbols.data() + unit.local_channels, unit.channels, 1, payload_, coding.channels);
  const std::span<const std::uint8_t> payload(payload_.data(), encoded.bytes);
  const auto found = find_channel_ends(coding, payload);
  if (!found) return fail(found.error());
  const std::vector<std::int32_t> ends(found->begin(), found->end());

  const auto size_of = [](const auto& one) { return static_cast<std::int64_t>(one.size()); };
  auto logits = output_of<float>(kGuessName, guess, {1, size_of(guess)});
  if (!logits) return fail(logits.error());
  auto features = output_of<std::uint8_t>("features", payload, {size_of(payload)});
  if (!features) return fail(features.error());
  auto counts = output_of<std::int32_t>("ends", ends, {size_of(ends)});
  if (!counts) return fail(counts.error());
  std::vector<output::OutputTensor> outputs;
  outputs.push_back(*std::move(logits));
  outputs.push_back(*std::move(features));
  outputs.push_back(*std::move(counts));
  return outputs;
}

}  // namespace sluice::split
