// DeepCOD as released: one convolution of 4x4 with stride 4 and no bias, a codebook of 8 numbers, and the decoder
// (picture_decoder.hpp). How many channels the encoder has decides what is sent; the released ratios (2 to 4 channels of 224x224)
// are far from enough for pictures of 32x32, so that more are tried here. Left out of the released code: spectral norm and the
// orthogonality penalty. Put in: the encoder starts as the principal components of the pictures' patches, which saves epochs.
#pragma once

#include "native/train/splitnet/baselines/baseline_point.hpp"
#include "native/train/splitnet/baselines/codebook.hpp"
#include "native/train/splitnet/baselines/picture_codec.hpp"
#include "native/train/splitnet/baselines/picture_decoder.hpp"
#include "native/train/splitnet/baselines/symbol_bytes.hpp"

namespace sluice::train::splitnet::baselines {

inline constexpr std::int64_t kDeepcodPatch = 4;
inline constexpr std::int64_t kDeepcodLevels = 8;

class DeepcodImpl : public PictureCodecImpl {
 public:
  DeepcodImpl(std::int64_t channels, Arithmetic arithmetic);

  // Starts from what such pictures' patches (floats of -1..1) vary in most.
  void start_from(const torch::Tensor& pictures);

  torch::Tensor symbols(const torch::Tensor& pictures);  // int64, [N, channels, side / 4, side / 4]
  torch::Tensor rebuild(const torch::Tensor& pictures) override;

  // Graphs for one picture of this side: to symbols, and from symbols to a picture; both as floats.
  std::string export_encoder(std::int64_t side) const;
  std::string export_decoder(std::int64_t side) const;

  std::int64_t channels() const { return channels_; }

 private:
  torch::Tensor encode(const torch::Tensor& pictures);

  std::int64_t channels_;
  torch::nn::Conv2d encoder_{nullptr};
  Codebook codebook_{nullptr};
  PictureDecoder decoder_{nullptr};
};
TORCH_MODULE(Deepcod);

std::uint64_t deepcod_multiply_adds(std::int64_t channels, std::int64_t side);

// Trains what is not trained yet and measures it: a point for each coder. With options.export_deepcod, leaves the networks there
// (native/eval/split/deepcod.hpp says in which form).
Result<std::vector<BaselinePoint>> run_deepcod(const Subject& subject);

}  // namespace sluice::train::splitnet::baselines
