// LimitNet-style progressive sending: an encoder of three convolutions, a saliency branch of five beside it that says which places
// matter, and values sent in the order of saliency and channel, so that the tail can be dropped anywhere; a decoder rebuilds a picture
// from what came. LimitNet's encoder takes a picture of 224x224 down to 28x28 by 7x7 with stride 2, 5x5 with stride 4 and 3x3; at
// 32x32 a stride of 8 would leave 4x4 places, so here it is 3x3 with stride 2, twice, and 3x3: 8x8 places, and 24 channels in place of
// 12, without which the full model is not fed. Its saliency branch copies a saliency network; there is none for such pictures here, and
// what dropping a value costs the loss teaches the branch instead, straight through the choice. Values are whole numbers of -7..7.
#pragma once

#include "native/train/splitnet/baselines/baseline_point.hpp"
#include "native/train/splitnet/baselines/picture_codec.hpp"
#include "native/train/splitnet/baselines/picture_decoder.hpp"

namespace sluice::train::splitnet::baselines {

inline constexpr std::int64_t kLimitnetChannels = 24;
inline constexpr std::int64_t kLargestLatent = 7;    // each side of 0
inline constexpr std::int64_t kSaliencyLevels = 16;  // that a place's saliency is rounded to

// What a picture is sent as.
struct Latents {
  torch::Tensor values;    // int64, [N, channels, side, side]
  torch::Tensor saliency;  // int64 of 0..15, [N, 1, side, side]
};

class LimitnetImpl : public PictureCodecImpl {
 public:
  explicit LimitnetImpl(Arithmetic arithmetic);

  // All of it, as it is sent.
  Latents latents(const torch::Tensor& pictures);
  // From what came; values that did not are zero.
  torch::Tensor decode(const torch::Tensor& values) { return decoder_->forward(values.to(torch::kFloat32)); }
  // While training each picture keeps a random share of its values; otherwise all.
  torch::Tensor rebuild(const torch::Tensor& pictures) override;

 private:
  struct Encoded {
    torch::Tensor values;    // whole numbers, gradient straight through
    torch::Tensor saliency;  // [N, 1, side, side], 0..1
  };
  Encoded encode(const torch::Tensor& pictures);

  std::vector<ConvNorm> shared_;  // of both branches
  ConvNorm values_{nullptr};
  std::vector<ConvNorm> saliency_;
  PictureDecoder decoder_{nullptr};
};
TORCH_MODULE(Limitnet);

std::uint64_t limitnet_multiply_adds(std::int64_t side);

// Trains it where it is not trained yet and measures it at cuts of the payload, a point each: values of four bits as they are, and the
// range coder's payload (limitnet_payload.hpp).
Result<std::vector<BaselinePoint>> run_limitnet(const Subject& subject);

}  // namespace sluice::train::splitnet::baselines
