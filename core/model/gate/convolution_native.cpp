// Convolution and matrix product of the gate set where size does not matter: XNNPACK's operators, with the microkernels of
// the processor at hand.
#include "core/model/gate/kernels.hpp"
#include "core/model/xnnpack/kernels.hpp"

namespace sluice::model::gate {

MadeKernel make_convolution(const Node& node, const KernelContext& context) {
  return xnnpack::make_convolution(node, context);
}

MadeKernel make_fully_connected(const Node& node, const KernelContext& context) {
  return xnnpack::make_fully_connected(node, context);
}

}  // namespace sluice::model::gate
