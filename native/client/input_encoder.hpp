// Inputs of every kind to payloads: pictures as JPEG or RGB (picture_encoder.hpp), samples as they are or converted, text and
// tensors as they are. Owns its buffers. One thread at a time.
#pragma once

#include <vector>

#include "core/input/input.hpp"
#include "core/pipeline/client_events.hpp"
#include "native/client/picture_encoder.hpp"

namespace sluice::client {

class InputEncoder {
 public:
  // `max_jpeg_quality`, 1 to 100: pictures are sent with what is asked for, but no better than this.
  static Result<InputEncoder> create(std::uint32_t max_jpeg_quality);

  // In the first of the encodings wanted that fits the input; kUnsupportedEncoding when none does. The bytes are valid until
  // the next call, and as long as the input's.
  Result<pipeline::Payload> encode(const input::InputView& input, const pipeline::Encode& wanted);

 private:
  explicit InputEncoder(PictureEncoder pictures) : pictures_(std::move(pictures)) {}
  Result<pipeline::Payload> encode_audio(const input::AudioView& audio, const pipeline::EncodingList& accepted);

  PictureEncoder pictures_;
  std::vector<std::byte> samples_;
};

}  // namespace sluice::client
