// GlobalAveragePool and GlobalMaxPool: one number for each channel.
#include <algorithm>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

struct PlaneMean {
  template <typename T>
  static T of(std::span<const T> values) {
    double sum = 0;
    for (T value : values) sum += static_cast<double>(value);
    return static_cast<T>(sum / static_cast<double>(values.size()));
  }
};

struct Largest {
  template <typename T>
  static T of(std::span<const T> values) {
    T best = values[0];
    for (T value : values) best = value > best || value != value ? value : best;
    return best;
  }
};

template <typename Pool>
class GlobalPoolKernel final : public PlainKernel {
 public:
  GlobalPoolKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    if (shape.rank() < 3) return refuse_shape("the input", shape, "a batch, channels and spatial dimensions");
    plane_ = static_cast<std::size_t>(product(shape, 2, shape.rank()));
    if (plane_ == 0) return refuse_shape("the input", shape, "spatial dimensions of 1 or more");
    std::vector<std::int64_t> dims(shape.rank(), 1);
    dims[0] = shape[0];
    dims[1] = shape[1];
    const auto result = bounded_shape(std::span<const std::int64_t>(dims), inputs[0].type);
    if (!result) return fail(result.error());
    outputs[0] = {inputs[0].type, *result};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      const auto x = inputs[0].as<T>();
      const auto y = outputs[0].as<T>();
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = Pool::template of<T>(x.subspan(i * plane_, plane_));
    });
    return {};
  }

 private:
  std::size_t plane_ = 1;
};

}  // namespace

MadeKernel make_global_average_pool(const Node& node, const KernelContext& context) {
  return make_plain<GlobalPoolKernel<PlaneMean>>(node, context, 1, 1);
}
MadeKernel make_global_max_pool(const Node& node, const KernelContext& context) {
  return make_plain<GlobalPoolKernel<Largest>>(node, context, 1, 1);
}

}  // namespace sluice::model::ops
