// A device unit run on many pictures.
#pragma once

#include <torch/torch.h>

#include "core/split/device/device_unit.hpp"

namespace sluice::train::splitnet {

struct DeviceBatch {
  torch::Tensor sent;      // int8, [N, sent channels, height, width]: symbols
  torch::Tensor logits;    // the local guesses
  double coded_bytes = 0;  // mean size of the payload of all channels; 0 where the unit has no symbol model
};

// `pictures`: bytes, [N, height, width, 3], of the unit's size.
DeviceBatch run_device_unit(const split::DeviceUnit& unit, const torch::Tensor& pictures);

}  // namespace sluice::train::splitnet
