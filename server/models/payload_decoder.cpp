#include "server/models/payload_decoder.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/checked.hpp"
#include "core/wire/encoding.hpp"
#include "core/wire/utf8.hpp"

namespace sluice::server {

namespace {

using input::Modality;
using wire::Encoding;

// Whether the payload has as many bytes as `first` x `second` values of `value_bytes` take.
Result<void> check_length(const wire::Request& request, std::uint32_t first, std::uint32_t second,
                          std::size_t value_bytes) {
  const auto values = checked_mul(first, second);
  const auto expected = values ? checked_mul(*values, value_bytes) : std::nullopt;
  if (expected == request.payload.size()) return {};
  return fail(ErrorCode::kMalformedPayload,
              {wire::encoding_name(request.encoding), " of ", first, " x ", second, " values of ", value_bytes,
               " bytes each; the payload has ", request.payload.size(), " bytes"});
}

Result<input::InputView> decode_audio(const wire::Request& request) {
  const auto [samples, channels, rate_hz] = request.extent;
  const bool whole = request.encoding == Encoding::kS16;
  if (auto ok = check_length(request, samples, channels, whole ? sizeof(std::int16_t) : sizeof(float)); !ok) {
    return fail(ok.error());
  }
  const auto format = whole ? input::SampleFormat::kS16 : input::SampleFormat::kF32;
  auto audio = input::make_audio(format, samples, channels, rate_hz, request.payload);
  if (!audio) return fail(audio.error());
  return *audio;
}

Result<input::InputView> decode_signal(const wire::Request& request) {
  const auto [steps, channels, unused] = request.extent;
  if (auto ok = check_length(request, steps, channels, sizeof(float)); !ok) return fail(ok.error());
  auto signal = input::make_signal(steps, channels, request.payload);
  if (!signal) return fail(signal.error());
  return *signal;
}

Result<input::InputView> decode_text(const wire::Request& request) {
  if (auto ok = check_length(request, request.extent[0], 1, 1); !ok) return fail(ok.error());
  const std::string_view text = as_text(request.payload);
  if (!wire::is_utf8(text)) {
    return fail(ErrorCode::kMalformedPayload, {"a text of ", text.size(), " bytes that is not UTF-8"});
  }
  return input::TextView{text};
}

}  // namespace

std::span<const Encoding> encodings_of(Modality modality) {
  static constexpr std::array kImage = {Encoding::kJpeg, Encoding::kRgb8, Encoding::kTensor};
  static constexpr std::array kAudio = {Encoding::kF32, Encoding::kS16, Encoding::kTensor};
  static constexpr std::array kSignal = {Encoding::kF32, Encoding::kTensor};
  static constexpr std::array kText = {Encoding::kUtf8, Encoding::kTensor};
  static constexpr std::array kTensor = {Encoding::kTensor};
  switch (modality) {
    case Modality::kImage: return kImage;
    case Modality::kAudio: return kAudio;
    case Modality::kSignal: return kSignal;
    case Modality::kText: return kText;
    case Modality::kClip:
    case Modality::kTensor: break;
  }
  return kTensor;
}

PayloadDecoder::PayloadDecoder(Modality modality, std::optional<PictureDecoder> pictures)
    : modality_(modality), pictures_(std::move(pictures)) {}

Result<PayloadDecoder> PayloadDecoder::create(const input::InputSpec& spec, const PictureLimits& limits) {
  const Modality modality = input::modality_of(spec);
  const auto* picture = std::get_if<input::ImageSpec>(&spec);
  if (picture == nullptr) return PayloadDecoder(modality, std::nullopt);
  auto pictures = PictureDecoder::create(limits, *picture);
  if (!pictures) return fail(pictures.error());
  return PayloadDecoder(modality, std::move(*pictures));
}

std::array<std::uint32_t, 2> PayloadDecoder::full_size() const {
  return pictures_ ? pictures_->full_size() : std::array<std::uint32_t, 2>{};
}

void PayloadDecoder::trim() {
  if (pictures_) pictures_->trim();
}

std::uint64_t PayloadDecoder::pixels(const wire::Request& request) const {
  return pictures_ ? pictures_->pixels(request) : 0;
}

Result<input::InputView> PayloadDecoder::decode(const wire::Request& request) {
  const auto accepted = encodings_of(modality_);
  if (std::find(accepted.begin(), accepted.end(), request.encoding) == accepted.end()) {
    return fail(ErrorCode::kUnsupportedEncoding,
                {"encoding ", static_cast<std::uint32_t>(request.encoding), " for an input of the kind '",
                 input::modality_name(modality_), "'; it comes as ", wire::encoding_list(accepted)});
  }
  switch (modality_) {
    case Modality::kImage: {
      auto picture = pictures_->decode(request);
      if (!picture) return fail(picture.error());
      return *picture;
    }
    case Modality::kAudio: return decode_audio(request);
    case Modality::kSignal: return decode_signal(request);
    case Modality::kText: return decode_text(request);
    case Modality::kClip:
    case Modality::kTensor: break;
  }
  return fail(ErrorCode::kUnsupportedEncoding,
              {"inputs of the kind '", input::modality_name(modality_), "' come as tensors only"});
}

}  // namespace sluice::server
