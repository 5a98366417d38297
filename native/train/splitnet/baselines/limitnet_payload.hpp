// LimitNet's values on the wire, honestly: the decoder has to know the order, so the places' saliency goes first, and both sides make
// the order of it. A byte says how long that is; then the values follow in parts of equal size, part after part by saliency and
// channel, within a part by channel and place, where neighbours are alike. Saliency and parts are payloads of the range coder with
// tables of their own; the second may be cut anywhere, and its whole parts decode. Owns its tables; any number of threads.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::train::splitnet::baselines {

// Of one picture, each channel after channel and row after row.
struct PictureLatents {
  std::vector<std::int8_t> values;    // [channels][places]
  std::vector<std::int8_t> saliency;  // [places], not negative
};

class LimitnetPayload {
 public:
  static constexpr std::size_t kParts = 16;

  // Tables from pictures that are not measured: int64 tensors, [N, channels, side, side] and [N, 1, side, side]. kInvalidArgument
  // when the values of a picture are no whole number of parts.
  static Result<LimitnetPayload> learn(const torch::Tensor& values, const torch::Tensor& saliency);

  struct Encoded {
    std::vector<std::uint8_t> bytes;
    std::vector<std::size_t> ends;  // of the payload that brings so many parts and no more, from none to all
  };
  Result<Encoded> encode(const PictureLatents& latents) const;

  struct Decoded {
    std::size_t parts = 0;
    std::vector<std::int8_t> values;  // those that did not come are 0
  };
  // Of the first bytes of a payload. kMalformedPayload where the saliency is not whole.
  Result<Decoded> decode(std::span<const std::uint8_t> payload) const;

 private:
  std::size_t channels_ = 0;
  std::size_t side_ = 0;
  std::vector<std::uint8_t> saliency_section_;
  std::vector<std::uint8_t> values_section_;
};

// Numbers of values, those of the first part first, as the saliency of the places says.
std::vector<std::size_t> limitnet_order(std::span<const std::int8_t> saliency, std::size_t channels, std::size_t parts);

}  // namespace sluice::train::splitnet::baselines
