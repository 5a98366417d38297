// A request's payload as an input of the bundle's kind: which encodings a kind comes in, and how each is read. The extent that
// a request states is checked against its payload before anything is read or allocated.
// Owns the picture decoder's state; one thread at a time.
#pragma once

#include <optional>
#include <span>

#include "core/base/result.hpp"
#include "core/input/input.hpp"
#include "core/wire/messages.hpp"
#include "server/models/picture_decoder.hpp"

namespace sluice::server {

// What requests for a bundle of this kind may carry, best first; the model's own tensors always, and for clips nothing else.
std::span<const wire::Encoding> encodings_of(input::Modality modality);

class PayloadDecoder {
 public:
  static Result<PayloadDecoder> create(const input::InputSpec& spec, const PictureLimits& limits);

  // For every encoding but kTensor. The view borrows from `request` or from this decoder, until the next call.
  // kMalformedPayload when the payload is not what encoding and extent say, kInvalidInput for an extent that no input of the
  // kind has, kOutOfMemory for pictures above the limit, kUnsupportedEncoding for an encoding of another kind.
  Result<input::InputView> decode(const wire::Request& request);
  // Of the picture that decode() gave last: width and height before it was made smaller. 0 for everything else.
  std::array<std::uint32_t, 2> full_size() const;
  void trim();  // lets go of memory that only a large payload needed; the view of the last decode() is gone

  // Of the picture in the payload, as its header says; 0 for everything else.
  std::uint64_t pixels(const wire::Request& request) const;

 private:
  PayloadDecoder(input::Modality modality, std::optional<PictureDecoder> pictures);

  input::Modality modality_;
  std::optional<PictureDecoder> pictures_;
};

}  // namespace sluice::server
