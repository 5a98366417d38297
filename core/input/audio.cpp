#include "core/input/audio.hpp"

namespace sluice::input {

Result<AudioView> make_audio(SampleFormat format, std::uint32_t samples, std::uint32_t channels, std::uint32_t rate_hz,
                             Bytes bytes) {
  const auto in_range = [](std::uint32_t value, std::uint32_t most) { return value != 0 && value <= most; };
  if (!in_range(samples, kMaxAudioSamples) || !in_range(channels, kMaxAudioChannels) ||
      !in_range(rate_hz, kMaxAudioRateHz)) {
    return fail(ErrorCode::kInvalidInput,
                {"audio of ", samples, " samples x ", channels, " channels at ", rate_hz, " Hz; there may be 1 to ",
                 kMaxAudioSamples, " samples, ", kMaxAudioChannels, " channels, ", kMaxAudioRateHz, " Hz"});
  }
  if (format != SampleFormat::kF32 && format != SampleFormat::kS16) {
    return fail(ErrorCode::kInvalidInput, {"sample format ", static_cast<unsigned>(format), " is unknown"});
  }
  const std::uint64_t needed = std::uint64_t{samples} * channels * (format == SampleFormat::kF32 ? 4 : 2);
  if (bytes.size() < needed) {
    return fail(ErrorCode::kInvalidInput, {"audio of ", samples, " samples x ", channels, " channels takes ", needed,
                                           " bytes; there are ", bytes.size()});
  }
  return AudioView{format, samples, channels, rate_hz, bytes.first(static_cast<std::size_t>(needed))};
}

}  // namespace sluice::input
