// Base of the kernels whose output 0 has the bytes of input 0 under another shape: Reshape and its relatives. A derived
// class decides the shape; the runner may let the output share the input's bytes instead of running them.
#pragma once

#include <cstring>

#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {

class CopyingKernel : public PlainKernel {
 public:
  using PlainKernel::PlainKernel;

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const auto dims = new_dims(inputs);
    if (!dims) return fail(dims.error());
    const auto shape = bounded_shape(std::span<const CheckedInt64>(*dims), inputs[0].type);
    if (!shape) return fail(shape.error());
    if (shape->element_count() != inputs[0].shape.element_count()) {
      return fail(ErrorCode::kInvalidGraph, {"a tensor of shape ", to_string(inputs[0].shape), " cannot become ",
                                             to_string(*shape), ": the numbers of elements differ"});
    }
    outputs[0] = {inputs[0].type, *shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    if (!inputs[0].bytes.empty()) std::memcpy(outputs[0].bytes.data(), inputs[0].bytes.data(), inputs[0].bytes.size());
    return {};
  }

  bool passes_through() const override { return true; }

 protected:
  virtual Result<std::vector<CheckedInt64>> new_dims(Inputs inputs) const = 0;
};

}  // namespace sluice::model::ops
