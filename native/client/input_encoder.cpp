#include "native/client/input_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/wire/encoding.hpp"

namespace sluice::client {
namespace {

constexpr float kFullScale = 32'768;  // of int16 samples

template <typename From, typename To, typename Convert>
void convert(Bytes from, std::vector<std::byte>& to, Convert one) {
  const std::size_t count = from.size() / sizeof(From);
  to.resize(count * sizeof(To));
  for (std::size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from.data() + i * sizeof(From), sizeof(From));
    const To converted = one(value);
    std::memcpy(to.data() + i * sizeof(To), &converted, sizeof(To));
  }
}

Result<pipeline::Payload> as_it_is(wire::Encoding encoding, Bytes bytes, const pipeline::EncodingList& accepted) {
  if (accepted.contains(encoding)) return pipeline::Payload{encoding, bytes};
  return fail(ErrorCode::kUnsupportedEncoding, {"the input is sent as ", wire::encoding_name(encoding),
                                                "; the server accepts ", wire::encoding_list(accepted.view())});
}

}  // namespace

Result<InputEncoder> InputEncoder::create(std::uint32_t max_jpeg_quality) {
  auto pictures = PictureEncoder::create(max_jpeg_quality);
  if (!pictures) return fail(pictures.error());
  return InputEncoder(std::move(*pictures));
}

Result<pipeline::Payload> InputEncoder::encode(const input::InputView& input, const pipeline::Encode& wanted) {
  const pipeline::EncodingList& accepted = wanted.encodings;
  if (const auto* picture = std::get_if<input::ImageView>(&input)) {
    return pictures_.encode(*picture, accepted.view(), {wanted.jpeg_quality, wanted.scale});
  }
  if (const auto* audio = std::get_if<input::AudioView>(&input)) return encode_audio(*audio, accepted);
  if (const auto* signal = std::get_if<input::SignalView>(&input)) {
    return as_it_is(wire::Encoding::kF32, signal->values, accepted);
  }
  if (const auto* text = std::get_if<input::TextView>(&input)) {
    return as_it_is(wire::Encoding::kUtf8, as_bytes(text->utf8), accepted);
  }
  if (const auto* tensor = std::get_if<TensorView>(&input)) {
    return as_it_is(wire::Encoding::kTensor, tensor->bytes, accepted);
  }
  return fail(ErrorCode::kUnsupportedEncoding,
              {"there is no encoding for an ", to_string(input::extent_of(input)), "; run its bundle on this device"});
}

Result<pipeline::Payload> InputEncoder::encode_audio(const input::AudioView& audio,
                                                     const pipeline::EncodingList& accepted) {
  const bool floats = audio.format == input::SampleFormat::kF32;
  const auto own = floats ? wire::Encoding::kF32 : wire::Encoding::kS16;
  const auto other = floats ? wire::Encoding::kS16 : wire::Encoding::kF32;
  if (accepted.contains(own) || !accepted.contains(other)) return as_it_is(own, audio.bytes, accepted);
  if (floats) {
    convert<float, std::int16_t>(audio.bytes, samples_, [](float value) {
      if (!std::isfinite(value)) return std::int16_t{0};
      return static_cast<std::int16_t>(std::lround(std::clamp(value * kFullScale, -kFullScale, kFullScale - 1)));
    });
  } else {
    convert<std::int16_t, float>(audio.bytes, samples_,
                                 [](std::int16_t value) { return static_cast<float>(value) / kFullScale; });
  }
  return pipeline::Payload{other, samples_};
}

}  // namespace sluice::client
