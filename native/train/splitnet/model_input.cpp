#include "native/train/splitnet/model_input.hpp"

#include "native/train/trainer_input.hpp"

namespace sluice::train::splitnet {

torch::Tensor model_input(const input::ImageSpec& spec, const torch::Tensor& pictures) {
  const auto row = [](const auto& values) {
    return torch::tensor({values[0], values[1], values[2]}, torch::kFloat32).view({1, 3, 1, 1});
  };
  torch::Tensor bytes = pictures / kPixelScale + kPixelMean;
  if (spec.channels == input::Channels::kBgr) bytes = bytes.flip({1});
  return (bytes - row(spec.mean)) * row(spec.scale);
}

}  // namespace sluice::train::splitnet
