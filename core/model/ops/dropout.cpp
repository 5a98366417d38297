// Dropout as inference sees it: the identity, and a mask of ones where it is asked for. Training mode, from opset 12, drops
// at random; it is refused unless its ratio is 0.
#include <algorithm>

#include "core/model/ops/copying_kernel.hpp"
#include "core/model/ops/factories.hpp"

namespace sluice::model::ops {
namespace {

class DropoutKernel final : public CopyingKernel {
 public:
  DropoutKernel(const Node&, const KernelContext& context) : CopyingKernel(context) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input != 0; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (is_training(inputs)) {
      return fail(ErrorCode::kUnsupportedOperator,
                  "training_mode is on, which drops at random; export the model for inference");
    }
    if (outputs.size() > 1) outputs[1] = {DataType::kBool, inputs[0].shape};
    return CopyingKernel::reshape(inputs, outputs);
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    if (is_wanted(outputs, 0)) {
      if (auto copied = CopyingKernel::run(inputs, outputs); !copied) return copied;
    }
    if (is_wanted(outputs, 1)) std::ranges::fill(outputs[1].as<std::uint8_t>(), std::uint8_t{1});
    return {};
  }

  bool passes_through() const override { return false; }

 private:
  static bool is_training(Inputs inputs) {
    const bool training = is_present(inputs, 2) && !inputs[2].bytes.empty() && inputs[2].bytes[0] != std::byte{0};
    double ratio = 0.5;
    if (is_present(inputs, 1) && inputs[1].shape.element_count() == 1) {
      visit(inputs[1].type, FloatTypes{}, [&]<typename T>() { ratio = static_cast<double>(inputs[1].as<T>()[0]); });
    }
    return training && ratio != 0;
  }

  Result<std::vector<CheckedInt64>> new_dims(Inputs inputs) const override {
    return std::vector<CheckedInt64>(inputs[0].shape.dims().begin(), inputs[0].shape.dims().end());
  }
};

}  // namespace

MadeKernel make_dropout(const Node& node, const KernelContext& context) {
  if (context.graph.opset < 10 && node.outputs.size() > 1) {
    return fail(ErrorCode::kUnsupportedOperator, "the mask output is supported from opset 10");
  }
  return make_plain<DropoutKernel>(node, context, 1, context.graph.opset < 12 ? 1 : 3, 2);
}

}  // namespace sluice::model::ops
