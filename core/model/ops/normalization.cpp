// InstanceNormalization, LayerNormalization and MeanVarianceNormalization: subtract a mean, divide by a deviation, both
// measured on a part of the tensor, in double.
#include <algorithm>
#include <cmath>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
};

template <typename T>
Moments moments(std::span<const T> values) {
  Moments result;
  const double count = static_cast<double>(values.size());
  for (T value : values) result.mean += static_cast<double>(value);
  result.mean /= count;
  for (T value : values) {
    const double difference = static_cast<double>(value) - result.mean;
    result.variance += difference * difference;
  }
  result.variance /= count;
  return result;
}

class InstanceNormalizationKernel final : public PlainKernel {
 public:
  InstanceNormalizationKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), epsilon_(node.float_or("epsilon", 1e-5F)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    if (shape.rank() < 3) return refuse_shape("the input", shape, "a batch, channels and spatial dimensions");
    for (std::size_t i : {1U, 2U}) {
      if (auto same = check_same_type("scale or bias", inputs[i].type, inputs[0].type); !same) return same;
      if (inputs[i].shape != Shape{shape[1]})
        return refuse_shape("scale or bias", inputs[i].shape, to_string(Shape{shape[1]}));
    }
    outputs[0] = {inputs[0].type, shape};
    plane_ = static_cast<std::size_t>(product(shape, 2, shape.rank()));
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    if (inputs[0].bytes.empty()) return {};
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      const auto x = inputs[0].as<T>();
      const auto y = outputs[0].as<T>();
      const auto scale = inputs[1].as<T>();
      const auto bias = inputs[2].as<T>();
      for (std::size_t start = 0, channel = 0; start < x.size(); start += plane_, ++channel) {
        const Moments m = moments<T>(x.subspan(start, plane_));
        const std::size_t c = channel % scale.size();
        const double factor = static_cast<double>(scale[c]) / std::sqrt(m.variance + static_cast<double>(epsilon_));
        const double shift = static_cast<double>(bias[c]) - m.mean * factor;
        for (std::size_t i = start; i < start + plane_; ++i) {
          y[i] = static_cast<T>(static_cast<double>(x[i]) * factor + shift);
        }
      }
    });
    return {};
  }

 private:
  float epsilon_;
  std::size_t plane_ = 1;
};

// Over all axes from `axis` on; scale and bias broadcast to them. Further outputs: the means and the inverse deviations.
class LayerNormalizationKernel final : public PlainKernel {
 public:
  LayerNormalizationKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), axis_(node.int_or("axis", -1)), epsilon_(node.float_or("epsilon", 1e-5F)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    const auto axis = normalise_axis(axis_, shape.rank());
    if (!axis) return fail(axis.error());
    const Shape normalised = *Shape::make(shape.dims().subspan(*axis));
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      if (!is_present(inputs, i)) continue;
      if (auto same = check_same_type("scale or bias", inputs[i].type, inputs[0].type); !same) return same;
      const auto both = broadcast(normalised, inputs[i].shape);
      if (!both || *both != normalised) return refuse_shape("scale or bias", inputs[i].shape, to_string(normalised));
    }
    chunk_ = static_cast<std::size_t>(product(normalised));
    const Shape& bias = is_present(inputs, 2) ? inputs[2].shape : inputs[1].shape;
    walk_ = StridedWalk<3>(normalised, {row_major_strides(normalised), broadcast_strides(inputs[1].shape, normalised),
                                        broadcast_strides(bias, normalised)});
    outputs[0] = {inputs[0].type, shape};
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    std::fill(dims.begin() + static_cast<std::ptrdiff_t>(*axis), dims.end(), 1);
    // The statistics are float32 whatever the input, unless it is wider (stash_type 1).
    const DataType statistics = inputs[0].type == DataType::kFloat64 ? DataType::kFloat64 : DataType::kFloat32;
    for (std::size_t i = 1; i < outputs.size(); ++i) outputs[i] = {statistics, *Shape::make(dims)};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    if (inputs[0].bytes.empty()) return {};
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      const auto x = inputs[0].as<T>();
      const T* scale = inputs[1].as<T>().data();
      const T* bias = is_present(inputs, 2) ? inputs[2].as<T>().data() : nullptr;
      for (std::size_t start = 0, row = 0; start < x.size(); start += chunk_, ++row) {
        const Moments m = moments<T>(x.subspan(start, chunk_));
        const double inverse = 1 / std::sqrt(m.variance + static_cast<double>(epsilon_));
        if (is_wanted(outputs, 1)) put(outputs[1], row, m.mean);
        if (is_wanted(outputs, 2)) put(outputs[2], row, inverse);
        if (!is_wanted(outputs, 0)) continue;
        T* y = outputs[0].as<T>().data() + start;
        const T* from = x.data() + start;
        walk_.for_each([&](const auto& at) {
          const double value =
              (static_cast<double>(from[at[0]]) - m.mean) * inverse * static_cast<double>(scale[at[1]]);
          y[at[0]] = static_cast<T>(value + (bias != nullptr ? static_cast<double>(bias[at[2]]) : 0.0));
        });
      }
    });
    return {};
  }

 private:
  static void put(const MutableTensorView& tensor, std::size_t at, double value) {
    if (tensor.type == DataType::kFloat64) tensor.as<double>()[at] = value;
    else tensor.as<float>()[at] = static_cast<float>(value);
  }

  std::int64_t axis_;
  float epsilon_;
  std::size_t chunk_ = 1;
  StridedWalk<3> walk_;
};

class MeanVarianceNormalizationKernel final : public PlainKernel {
 public:
  MeanVarianceNormalizationKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), axes_(node.ints_or("axes", {0, 2, 3})) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    const auto axes = normalise_axes(axes_, shape.rank());
    if (!axes) return fail(axes.error());
    std::vector<std::int64_t> kept(shape.dims().begin(), shape.dims().end());
    std::vector<std::int64_t> reduced(shape.rank(), 1);
    for (std::size_t axis : *axes) std::swap(kept[axis], reduced[axis]);
    kept_ = StridedWalk<1>(*Shape::make(kept), {row_major_strides(shape)});
    reduced_ = StridedWalk<1>(*Shape::make(reduced), {row_major_strides(shape)});
    count_ = static_cast<double>(product(*Shape::make(reduced)));
    outputs[0] = {inputs[0].type, shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      kept_.for_each([&](const auto& start) {
        const T* x = inputs[0].as<T>().data() + start[0];
        T* y = outputs[0].as<T>().data() + start[0];
        double sum = 0;
        reduced_.for_each([&](const auto& at) { sum += static_cast<double>(x[at[0]]); });
        const double mean = sum / count_;
        double squares = 0;
        reduced_.for_each([&](const auto& at) {
          const double difference = static_cast<double>(x[at[0]]) - mean;
          squares += difference * difference;
        });
        // The specification's constant, which keeps a constant tensor from dividing by 0.
        const double deviation = std::sqrt(squares / count_) + 1e-9;
        reduced_.for_each(
            [&](const auto& at) { y[at[0]] = static_cast<T>((static_cast<double>(x[at[0]]) - mean) / deviation); });
      });
    });
    return {};
  }

 private:
  std::vector<std::int64_t> axes_;
  StridedWalk<1> kept_;
  StridedWalk<1> reduced_;
  double count_ = 1;
};

}  // namespace

MadeKernel make_instance_normalization(const Node& node, const KernelContext& context) {
  return make_plain<InstanceNormalizationKernel>(node, context, 3, 3);
}
MadeKernel make_layer_normalization(const Node& node, const KernelContext& context) {
  return make_plain<LayerNormalizationKernel>(node, context, 2, 3, 3);
}
MadeKernel make_mean_variance_normalization(const Node& node, const KernelContext& context) {
  return make_plain<MeanVarianceNormalizationKernel>(node, context, 1, 1);
}

}  // namespace sluice::model::ops
