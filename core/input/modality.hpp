// The kinds of input that a bundle can be about, and how large one input is in its own terms: what the queue, the wire, the
// log and the decoder keep of an input once its samples have gone on. Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::input {

// Numbers are part of the C interface and the wire: append only.
enum class Modality : std::uint8_t {
  kImage = 0,
  kClip = 1,    // a few frames of one camera
  kAudio = 2,   // a window of sound
  kSignal = 3,  // a window of sensor readings: channels x steps
  kText = 4,
  kTensor = 5,  // a feature map or any other tensor, as the model takes it
};
inline constexpr std::uint32_t kModalities = 6;

std::string_view modality_name(Modality modality);  // "image", ...; "unknown" for other numbers

struct InputExtent {
  Modality modality = Modality::kImage;
  // image: width, height (pixels); clip: width, height, frames; audio: samples of a channel, channels, rate (Hz);
  // signal: steps, channels; text: bytes; tensor: bytes.
  std::array<std::uint32_t, 3> sizes{};

  friend bool operator==(const InputExtent&, const InputExtent&) = default;
};

// "image of 640 x 480", "audio of 16000 samples x 1 channels at 16000 Hz"
std::string to_string(const InputExtent& extent);

}  // namespace sluice::input
