// A window of sound: interleaved samples with their rate. An AudioView owns nothing; the samples must outlive it. Views made
// by make_audio() are known to be in bounds.
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace sluice::input {

enum class SampleFormat : std::uint8_t {
  kF32 = 0,  // float32, full scale 1
  kS16 = 1,  // int16, full scale 32768
};

inline constexpr std::uint32_t kMaxAudioChannels = 32;
inline constexpr std::uint32_t kMaxAudioSamples = 1U << 24;  // of a channel
inline constexpr std::uint32_t kMaxAudioRateHz = 768'000;

struct AudioView {
  SampleFormat format = SampleFormat::kF32;
  std::uint32_t samples = 0;  // of each channel
  std::uint32_t channels = 0;
  std::uint32_t rate_hz = 0;
  Bytes bytes;  // interleaved: samples x channels; may lie at any address
};

// What a manifest says about a model's audio input. The window has exactly `samples` samples of each channel at `rate_hz`;
// others are refused, not resampled. value = (sample - mean) * scale; tensor [1, channels, samples].
struct AudioSpec {
  std::uint32_t samples = 0;
  std::uint32_t channels = 1;
  std::uint32_t rate_hz = 0;
  float mean = 0;
  float scale = 1;
};

// A view of interleaved samples. kInvalidInput for a number of samples, channels or a rate of 0 or above the limits here, or
// fewer bytes than they take.
Result<AudioView> make_audio(SampleFormat format, std::uint32_t samples, std::uint32_t channels, std::uint32_t rate_hz,
                             Bytes bytes);

}  // namespace sluice::input
