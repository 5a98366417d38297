// What the matrix product kernels share: the sizes that constant weights give, and the output that follows from an input.
#pragma once

#include <cstddef>

#include "core/base/result.hpp"
#include "core/model/kernel.hpp"

namespace sluice::model::xnnpack {

struct FullyConnectedForm {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  bool transposed = false;  // weights are [outputs, inputs]
  std::size_t memory_limit_bytes = 0;
};

Result<FullyConnectedForm> read_fully_connected(const Node& node, const KernelContext& context);

struct FullyConnectedOutput {
  Shape output;
  std::size_t rows = 0;
};

Result<FullyConnectedOutput> fully_connected_output(const FullyConnectedForm& form, const Shape& input);

}  // namespace sluice::model::xnnpack
