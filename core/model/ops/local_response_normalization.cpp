// LRN: divides each element by a power of the energy in the channels around it (Krizhevsky et al., 2012, section 3.3).
#include <algorithm>
#include <cmath>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

class LrnKernel final : public PlainKernel {
 public:
  LrnKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        size_(node.int_or("size", 0)),
        alpha_(static_cast<double>(node.float_or("alpha", 1e-4F))),
        beta_(static_cast<double>(node.float_or("beta", 0.75F))),
        bias_(static_cast<double>(node.float_or("bias", 1.0F))) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    if (shape.rank() < 2) return refuse_shape("the input", shape, "a batch and channels");
    if (size_ < 1) return fail(ErrorCode::kInvalidGraph, {"size is ", size_, "; expected 1 or more"});
    outputs[0] = {inputs[0].type, shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (inputs[0].bytes.empty()) return {};
    const std::ptrdiff_t channels = static_cast<std::ptrdiff_t>(shape[1]);
    const std::ptrdiff_t plane = product(shape, 2, shape.rank());
    // Channels beyond the tensor count as 0, so the window may be clamped to it.
    const auto before = static_cast<std::ptrdiff_t>(std::min<std::int64_t>((size_ - 1) / 2, channels));
    const auto after = static_cast<std::ptrdiff_t>(std::min<std::int64_t>(size_ - 1 - (size_ - 1) / 2, channels));
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      for (std::ptrdiff_t n = 0; n < static_cast<std::ptrdiff_t>(shape[0]); ++n) {
        const T* x = inputs[0].as<T>().data() + n * channels * plane;
        T* y = outputs[0].as<T>().data() + n * channels * plane;
        for (std::ptrdiff_t c = 0; c < channels; ++c) {
          const std::ptrdiff_t first = std::max<std::ptrdiff_t>(c - before, 0);
          const std::ptrdiff_t last = std::min(c + after, channels - 1);
          for (std::ptrdiff_t i = 0; i < plane; ++i) {
            double energy = 0;
            for (std::ptrdiff_t k = first; k <= last; ++k) {
              const double value = static_cast<double>(x[k * plane + i]);
              energy += value * value;
            }
            const double divisor = std::pow(bias_ + alpha_ / static_cast<double>(size_) * energy, beta_);
            y[c * plane + i] = static_cast<T>(static_cast<double>(x[c * plane + i]) / divisor);
          }
        }
      }
    });
    return {};
  }

 private:
  std::int64_t size_;
  double alpha_;
  double beta_;
  double bias_;
};

}  // namespace

MadeKernel make_lrn(const Node& node, const KernelContext& context) {
  return make_plain<LrnKernel>(node, context, 1, 1);
}

}  // namespace sluice::model::ops
