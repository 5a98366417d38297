// Trilu: the upper or lower triangle of the matrices in the last two axes; the rest becomes 0.
#include <algorithm>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

class TriluKernel final : public PlainKernel {
 public:
  TriluKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), upper_(node.int_or("upper", 1) != 0) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (inputs[0].shape.rank() < 2) return refuse_shape("the input", inputs[0].shape, "2 dimensions or more");
    outputs[0] = {inputs[0].type, inputs[0].shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    std::int64_t diagonal = 0;
    if (is_present(inputs, 1)) {
      const auto k = read_integer(inputs[1], "k");
      if (!k) return fail(k.error());
      diagonal = *k;
    }
    const Shape& shape = inputs[0].shape;
    const std::int64_t rows = shape[shape.rank() - 2];
    const std::int64_t columns = shape[shape.rank() - 1];
    // Further out makes no difference, and sums below stay in range.
    diagonal = std::clamp(diagonal, -rows, columns);
    visit_width(inputs[0].type, [&]<typename U>() {
      const U* x = inputs[0].as<U>().data();
      std::size_t at = 0;
      const auto y = outputs[0].as<U>();
      while (at < y.size()) {
        for (std::int64_t row = 0; row < rows; ++row) {
          for (std::int64_t column = 0; column < columns; ++column, ++at) {
            const bool kept = upper_ ? column - row >= diagonal : column - row <= diagonal;
            y[at] = kept ? x[at] : U{0};
          }
        }
      }
    });
    return {};
  }

 private:
  bool upper_;
};

}  // namespace

MadeKernel make_trilu(const Node& node, const KernelContext& context) {
  return make_plain<TriluKernel>(node, context, 1, 2);
}

}  // namespace sluice::model::ops
