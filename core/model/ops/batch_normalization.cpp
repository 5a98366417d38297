// BatchNormalization. Inference scales and shifts each channel with given statistics; training mode (opset 14 and later)
// takes the batch's own statistics and returns the running ones as further outputs.
#include <cmath>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

class BatchNormalizationKernel final : public PlainKernel {
 public:
  BatchNormalizationKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        epsilon_(node.float_or("epsilon", 1e-5F)),
        momentum_(node.float_or("momentum", 0.9F)),
        training_(context.graph.opset >= 14 && node.int_or("training_mode", 0) != 0) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    if (shape.rank() < 1) return refuse_shape("the input", shape, "a batch and channels");
    channels_ = shape.rank() > 1 ? static_cast<std::ptrdiff_t>(shape[1]) : 1;
    for (std::size_t i = 1; i < 5; ++i) {
      if (!contains(inputs[i].type, FloatTypes{})) return refuse_type("statistics", inputs[i].type, "float32");
      if (inputs[i].shape != Shape{channels_}) {
        return refuse_shape("scale, bias, mean or variance", inputs[i].shape, to_string(Shape{channels_}));
      }
    }
    outputs[0] = {inputs[0].type, shape};
    for (std::size_t i = 1; i < outputs.size(); ++i) outputs[i] = {inputs[i + 2].type, inputs[i + 2].shape};
    batch_ = static_cast<std::ptrdiff_t>(shape[0]);
    plane_ = shape.rank() > 2 ? product(shape, 2, shape.rank()) : 1;
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    for (std::ptrdiff_t c = 0; c < channels_; ++c) {
      double mean = parameter(inputs[3], c);
      double variance = parameter(inputs[4], c);
      if (training_) {
        const double running_mean = mean;
        const double running_variance = variance;
        visit(inputs[0].type, FloatTypes{}, [&]<typename T>() { measure<T>(inputs[0], c, mean, variance); });
        const double keep = static_cast<double>(momentum_);
        if (is_wanted(outputs, 1)) set(outputs[1], c, running_mean * keep + mean * (1 - keep));
        if (is_wanted(outputs, 2)) set(outputs[2], c, running_variance * keep + variance * (1 - keep));
      }
      if (!is_wanted(outputs, 0)) continue;
      const double factor = parameter(inputs[1], c) / std::sqrt(variance + static_cast<double>(epsilon_));
      const double shift = parameter(inputs[2], c) - mean * factor;
      visit(inputs[0].type, FloatTypes{}, [&]<typename T>() { apply<T>(inputs[0], outputs[0], c, factor, shift); });
    }
    return {};
  }

 private:
  static double parameter(const TensorView& tensor, std::ptrdiff_t channel) {
    double value = 0;
    visit(tensor.type, FloatTypes{},
          [&]<typename T>() { value = static_cast<double>(tensor.as<T>().data()[channel]); });
    return value;
  }
  static void set(const MutableTensorView& tensor, std::ptrdiff_t channel, double value) {
    visit(tensor.type, FloatTypes{}, [&]<typename T>() { tensor.as<T>().data()[channel] = static_cast<T>(value); });
  }

  template <typename T>
  void measure(const TensorView& input, std::ptrdiff_t channel, double& mean, double& variance) const {
    const auto each = [&](auto&& f) {
      for (std::ptrdiff_t n = 0; n < batch_; ++n) {
        const T* x = input.as<T>().data() + (n * channels_ + channel) * plane_;
        for (std::ptrdiff_t i = 0; i < plane_; ++i) f(static_cast<double>(x[i]));
      }
    };
    const double count = static_cast<double>(batch_ * plane_);
    double sum = 0;
    each([&](double x) { sum += x; });
    mean = sum / count;
    double squares = 0;
    each([&](double x) { squares += (x - mean) * (x - mean); });
    variance = squares / count;
  }

  template <typename T>
  void apply(const TensorView& input, const MutableTensorView& output, std::ptrdiff_t channel, double factor,
             double shift) const {
    using A = ArithmeticOf<T>;
    for (std::ptrdiff_t n = 0; n < batch_; ++n) {
      const std::ptrdiff_t start = (n * channels_ + channel) * plane_;
      const T* x = input.as<T>().data() + start;
      T* y = output.as<T>().data() + start;
      for (std::ptrdiff_t i = 0; i < plane_; ++i) {
        y[i] = static_cast<T>(static_cast<A>(x[i]) * static_cast<A>(factor) + static_cast<A>(shift));
      }
    }
  }

  float epsilon_;
  float momentum_;
  bool training_;
  std::ptrdiff_t batch_ = 0;
  std::ptrdiff_t channels_ = 0;
  std::ptrdiff_t plane_ = 1;
};

}  // namespace

MadeKernel make_batch_normalization(const Node& node, const KernelContext& context) {
  if (context.graph.opset < 9 && node.int_or("spatial", 1) == 0) {
    return fail(ErrorCode::kUnsupportedOperator, "spatial = 0 is not supported; use 1");
  }
  const bool training = context.graph.opset >= 14 && node.int_or("training_mode", 0) != 0;
  if (!training && node.outputs.size() > 1) {
    return fail(ErrorCode::kUnsupportedOperator,
                "statistics as outputs are supported in training mode from opset 14; export the model for inference");
  }
  return make_plain<BatchNormalizationKernel>(node, context, 5, 5, 3);
}

}  // namespace sluice::model::ops
