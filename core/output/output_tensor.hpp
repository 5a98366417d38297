// One named tensor of a result. Owns its bytes.
#pragma once

#include <string>

#include "core/tensor/tensor.hpp"

namespace sluice::output {

struct OutputTensor {
  std::string name;
  Tensor tensor;
};

}  // namespace sluice::output
