#include "native/bench/mobilenet_v2.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "core/model/onnx_writer.hpp"

namespace sluice::bench {
namespace {

using model::Attribute;
using model::OnnxWriter;
using std::int64_t;

constexpr float kUpperBound = 6.0F;    // of ReLU6
constexpr float kLinearRange = 10.0F;  // what linear outputs are quantised to, in both directions

// How a uint8 activation stands for real values.
struct Range {
  float scale = 1.0F;
  std::uint8_t zero_point = 0;
};

constexpr Range kBounded{kUpperBound / 255.0F, 0};
constexpr Range kLinear{2.0F * kLinearRange / 255.0F, 128};

struct Activation {
  std::string name;  // float32; with int8, what a DequantizeLinear made
  Range range;
  int64_t channels = 0;
};

class Generator {
 public:
  Generator(Precision precision, std::uint32_t seed, std::int64_t batch)
      : int8_(precision == Precision::kInt8), batch_(batch), writer_("mobilenet_v2"), random_(seed) {}

  std::string generate() {
    writer_.add_input("input", DataType::kFloat32, {batch_, 3, 224, 224});
    writer_.add_output("logits", DataType::kFloat32, {batch_, 1000});
    if (int8_) {
      add_range("bounded", kBounded);
      add_range("linear", kLinear);
    } else {
      add_scalar("lower_bound", 0.0F);
      add_scalar("upper_bound", kUpperBound);
    }
    Activation x{"input", kLinear, 3};
    if (int8_) x = quantise(x);
    x = convolve(x, {.outputs = 32, .kernel = 3, .stride = 2, .bounded = true});
    struct Stage {
      int64_t expansion, channels, repeats, stride;
    };
    constexpr std::array<Stage, 7> kStages = {
        {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};
    for (const Stage& stage : kStages) {
      for (int64_t i = 0; i < stage.repeats; ++i) {
        x = bottleneck(x, stage.expansion, stage.channels, i == 0 ? stage.stride : 1);
      }
    }
    x = convolve(x, {.outputs = 1280, .kernel = 1, .stride = 1, .bounded = true});
    x = classify(pool(x));
    return writer_.finish();
  }

 private:
  struct Convolution {
    int64_t outputs;
    int64_t kernel;
    int64_t stride;
    bool bounded;
    bool depthwise = false;
  };

  Activation bottleneck(const Activation& input, int64_t expansion, int64_t channels, int64_t stride) {
    Activation x = input;
    if (expansion != 1)
      x = convolve(x, {.outputs = input.channels * expansion, .kernel = 1, .stride = 1, .bounded = true});
    x = convolve(x, {.outputs = x.channels, .kernel = 3, .stride = stride, .bounded = true, .depthwise = true});
    x = convolve(x, {.outputs = channels, .kernel = 1, .stride = 1, .bounded = false});
    if (stride != 1 || input.channels != channels) return x;
    Activation sum{next_name("add"), kLinear, channels};
    writer_.add_node("Add", {input.name, x.name}, {sum.name});
    return int8_ ? quantise(sum) : sum;
  }

  Activation convolve(const Activation& input, const Convolution& form) {
    const int64_t groups = form.depthwise ? input.channels : 1;
    const Activation output{next_name("conv"), form.bounded ? kBounded : kLinear, form.outputs};
    const auto weights =
        add_weights(output.name, {form.outputs, input.channels / groups, form.kernel, form.kernel}, input.range);
    const int64_t pad = form.kernel / 2;
    const std::vector<Attribute> attributes = {
        {"kernel_shape", std::vector{form.kernel, form.kernel}},
        {"strides", std::vector{form.stride, form.stride}},
        {"pads", std::vector{pad, pad, pad, pad}},
        {"group", groups},
    };
    writer_.add_node("Conv", {input.name, weights.first, weights.second}, {output.name}, attributes, output.name);
    if (int8_) return quantise(output);  // the range of uint8 bounds it
    if (!form.bounded) return output;
    const Activation clipped{output.name + "_bounded", output.range, output.channels};
    writer_.add_node("Clip", {output.name, "lower_bound", "upper_bound"}, {clipped.name});
    return clipped;
  }

  Activation pool(const Activation& input) {
    Activation pooled{next_name("pool"), input.range, input.channels};
    writer_.add_node("GlobalAveragePool", {input.name}, {pooled.name});
    if (int8_) pooled = quantise(pooled);
    Activation flat{next_name("flat"), pooled.range, pooled.channels};
    writer_.add_node("Flatten", {pooled.name}, {flat.name});
    return int8_ ? quantise(flat) : flat;
  }

  Activation classify(const Activation& input) {
    const auto weights = add_weights("classifier", {1000, input.channels}, input.range);
    const std::string product = int8_ ? "classifier" : "logits";
    writer_.add_node("Gemm", {input.name, weights.first, weights.second}, {product}, {{"transB", int64_t{1}}},
                     "classifier");
    if (!int8_) return {"logits", kLinear, 1000};
    writer_.add_node("QuantizeLinear", {product, "linear_scale", "linear_zero_point"}, {"logits_integers"});
    writer_.add_node("DequantizeLinear", {"logits_integers", "linear_scale", "linear_zero_point"}, {"logits"});
    return {"logits", kLinear, 1000};
  }

  // Weights and bias of a layer whose outputs have about unit variance; with int8 the names of what dequantises them.
  std::pair<std::string, std::string> add_weights(const std::string& layer, std::vector<int64_t> dims,
                                                  const Range& input) {
    const auto outputs = static_cast<std::size_t>(dims[0]);
    std::size_t fan_in = 1;
    for (std::size_t axis = 1; axis < dims.size(); ++axis) fan_in *= static_cast<std::size_t>(dims[axis]);
    const float deviation = std::sqrt(2.0F / static_cast<float>(fan_in));
    std::vector<float> weights(outputs * fan_in);
    std::vector<float> bias(outputs);
    for (float& weight : weights) weight = deviation * draw();
    for (float& element : bias) element = 0.1F * draw();
    const Shape shape = *Shape::make(dims);
    const Shape bias_shape{static_cast<int64_t>(outputs)};
    if (!int8_) {
      add_constant<float>(layer + "_weights", weights, shape);
      add_constant<float>(layer + "_bias", bias, bias_shape);
      return {layer + "_weights", layer + "_bias"};
    }
    std::vector<float> scales(outputs);
    std::vector<float> bias_scales(outputs);
    std::vector<std::int8_t> integers(weights.size());
    std::vector<std::int32_t> bias_integers(outputs);
    for (std::size_t o = 0; o < outputs; ++o) {
      float largest = 1e-6F;
      for (std::size_t i = o * fan_in; i < (o + 1) * fan_in; ++i) largest = std::max(largest, std::abs(weights[i]));
      scales[o] = largest / 127.0F;
      bias_scales[o] = scales[o] * input.scale;
      for (std::size_t i = o * fan_in; i < (o + 1) * fan_in; ++i) {
        integers[i] = static_cast<std::int8_t>(std::lround(weights[i] / scales[o]));
      }
      bias_integers[o] = static_cast<std::int32_t>(std::lround(bias[o] / bias_scales[o]));
    }
    add_constant<std::int8_t>(layer + "_weights_integers", integers, shape);
    add_constant<float>(layer + "_weights_scales", scales, bias_shape);
    add_constant<std::int8_t>(layer + "_weights_zeros", std::vector<std::int8_t>(outputs, 0), bias_shape);
    add_constant<std::int32_t>(layer + "_bias_integers", bias_integers, bias_shape);
    add_constant<float>(layer + "_bias_scales", bias_scales, bias_shape);
    add_constant<std::int32_t>(layer + "_bias_zeros", std::vector<std::int32_t>(outputs, 0), bias_shape);
    for (const std::string part : {"_weights", "_bias"}) {
      writer_.add_node("DequantizeLinear",
                       {layer + part + "_integers", layer + part + "_scales", layer + part + "_zeros"}, {layer + part},
                       {{"axis", int64_t{0}}});
    }
    return {layer + "_weights", layer + "_bias"};
  }

  Activation quantise(const Activation& x) {
    const std::string range = x.range.zero_point == 0 ? "bounded" : "linear";
    const Activation result{x.name + "_dequantised", x.range, x.channels};
    writer_.add_node("QuantizeLinear", {x.name, range + "_scale", range + "_zero_point"}, {x.name + "_integers"});
    writer_.add_node("DequantizeLinear", {x.name + "_integers", range + "_scale", range + "_zero_point"},
                     {result.name});
    return result;
  }

  void add_range(const std::string& name, const Range& range) {
    add_scalar(name + "_scale", range.scale);
    add_scalar(name + "_zero_point", range.zero_point);
  }

  template <typename T>
  void add_scalar(const std::string& name, T value) {
    add_constant<T>(name, std::vector<T>{value}, Shape{});
  }

  template <typename T>
  void add_constant(const std::string& name, const std::vector<T>& values, const Shape& shape) {
    writer_.add_initializer(name, {data_type_of<T>, shape, std::as_bytes(std::span(values))});
  }

  std::string next_name(const std::string& kind) { return kind + "_" + std::to_string(count_++); }

  // About normal, with unit variance; made from integers alone so that every platform draws the same.
  float draw() {
    std::uint32_t sum = 0;
    for (int i = 0; i < 4; ++i) sum += static_cast<std::uint32_t>(random_()) >> 12;  // 4 times uniform in [0, 2^20)
    constexpr float kMean = 2.0F * 1048575.0F;
    constexpr float kDeviation = 605400.0F;  // 2^20 / sqrt(3)
    return (static_cast<float>(sum) - kMean) / kDeviation;
  }

  bool int8_;
  std::int64_t batch_;
  OnnxWriter writer_;
  std::mt19937 random_;
  int count_ = 0;
};

}  // namespace

std::string mobilenet_v2(Precision precision, std::uint32_t seed, std::int64_t batch) {
  return Generator(precision, seed, batch).generate();
}

}  // namespace sluice::bench
