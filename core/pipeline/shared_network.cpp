#include "core/pipeline/shared_network.hpp"

namespace sluice::pipeline {

Result<TensorView> SharedNetwork::output(const AskContext& context, std::size_t index) {
  if (context.id == 0 || context.id != ran_for_) {
    ran_for_ = 0;
    if (auto ran = network_.run(context.input); !ran) return fail(ran.error());
    ran_for_ = context.id;
  }
  return network_.output(index);
}

}  // namespace sluice::pipeline
