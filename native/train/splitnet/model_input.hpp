// From the trainers' pictures, floats of -1..1, to what a classifier takes.
#pragma once

#include <torch/torch.h>

#include "core/input/image_tensor.hpp"

namespace sluice::train::splitnet {

torch::Tensor model_input(const input::ImageSpec& spec, const torch::Tensor& pictures);

}  // namespace sluice::train::splitnet
