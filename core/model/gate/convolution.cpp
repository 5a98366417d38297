// Convolution and matrix product of the gate set in WebAssembly: weights packed and input rows looked up for XNNPACK's
// microkernels, on one thread. XNNPACK's own operators do the same for every type and layout, and with them the module
// would carry all of it. A table holds the address of each input row of each output place ("indirect convolution",
// Dukhan 2019, arXiv:1907.02129), so that padding, strides and dilation cost nothing while it runs.
#include <algorithm>
#include <utility>

#include "core/model/gate/kernels.hpp"
#include "core/model/gate/microkernels.hpp"
#include "core/model/xnnpack/convolution_form.hpp"
#include "core/model/xnnpack/fully_connected_form.hpp"

namespace sluice::model::gate {
namespace {

using passes::Bounds;
using xnnpack::ConvolutionForm;

constexpr std::size_t kMatrixRows = 4;
constexpr std::int64_t kMatrixBlock = 8;
constexpr std::int64_t kDepthwiseBlock = 4;
// The zero row stands for padding. Table entries are addresses as if the input began one element after it, so that none of
// them is taken for the zero row; the true beginning comes in as an offset with each run.
constexpr std::size_t kFirstElement = 1;

// How the weights of one convolution are cut into blocks of output channels.
struct Packing {
  explicit Packing(const ConvolutionForm& form)
      : taps(form.window.kernel[0] * form.window.kernel[1]),
        depthwise(form.group_input_channels == 1 && form.group_output_channels == 1 && taps <= 25),
        padded_taps(!depthwise  ? taps
                    : taps <= 9 ? 9
                                : 25),
        block(depthwise ? kDepthwiseBlock : kMatrixBlock),
        groups(depthwise ? 1 : form.groups),
        outputs(depthwise ? form.groups : form.group_output_channels),
        inputs(form.group_input_channels) {}

  std::int64_t blocks() const { return (outputs + block - 1) / block; }
  std::int64_t group_size() const { return blocks() * block * (1 + padded_taps * inputs); }

  std::int64_t taps;
  bool depthwise;
  std::int64_t padded_taps;  // what a depthwise kernel multiplies at least, by zeros after the true taps
  std::int64_t block;        // output channels that stand side by side
  std::int64_t groups;
  std::int64_t outputs;  // of a group
  std::int64_t inputs;
};

// Elements from one weight to the next.
struct WeightStrides {
  std::int64_t output;
  std::int64_t input;
  std::int64_t tap;
};

class Convolution : public Kernel {
 public:
  Convolution(const ConvolutionForm& form, const Bounds& bounds) : form_(form), packing_(form), bounds_(bounds) {}

  Result<void> pack(std::span<const float> weights, std::span<const float> bias, const WeightStrides& strides) {
    const std::int64_t longest_row = packing_.blocks() * packing_.block + packing_.inputs;
    auto zero = Tensor::create(DataType::kFloat32, Shape{longest_row + std::int64_t{kFirstElement}});
    if (!zero) return fail(zero.error());
    auto packed = Tensor::create(DataType::kFloat32, Shape{packing_.groups, packing_.group_size()});
    if (!packed) return fail(packed.error());
    zero_ = std::move(*zero);
    packed_ = std::move(*packed);
    float* next = packed_.as<float>().data();
    for (std::int64_t first = 0; first < packing_.groups * packing_.outputs; first += packing_.outputs) {
      for (std::int64_t begin = 0; begin < packing_.outputs; begin += packing_.block) {
        const std::int64_t count = std::min(packing_.block, packing_.outputs - begin);
        const auto from = static_cast<std::size_t>(first + begin);
        if (!bias.empty()) std::ranges::copy(bias.subspan(from, static_cast<std::size_t>(count)), next);
        next += packing_.block;
        for (std::int64_t tap = 0; tap < packing_.padded_taps; ++tap) {
          for (std::int64_t input = 0; input < packing_.inputs; ++input, next += packing_.block) {
            if (tap >= packing_.taps) continue;
            for (std::int64_t i = 0; i < count; ++i) {
              next[i] = weights[static_cast<std::size_t>((first + begin + i) * strides.output + input * strides.input +
                                                         tap * strides.tap)];
            }
          }
        }
      }
    }
    return {};
  }

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    if (inputs[0].type != DataType::kFloat32) return fail(ErrorCode::kUnsupportedType, "the input is not float32");
    const auto output = convolution_output(form_, inputs[0].shape);
    if (!output) return fail(output.error());
    outputs[0] = {DataType::kFloat32, *output};
    return plan(inputs[0].shape, *output);
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const float* input = inputs[0].as<float>().data();
    float* output = outputs[0].as<float>().data();
    for (std::size_t n = 0; n < batch_; ++n, input += input_size_) {
      const auto offset = reinterpret_cast<std::uintptr_t>(input) - reinterpret_cast<std::uintptr_t>(first_element());
      if (packing_.depthwise) {
        run_depthwise(output, offset);
      } else {
        run_matrix(output, offset);
      }
      output += places_ * static_cast<std::size_t>(form_.output_channels());
    }
    return {};
  }

  std::uint64_t multiply_adds() const override { return multiply_adds_; }

 protected:
  const ConvolutionForm& form() const { return form_; }

  // Fills the table for an input [N, H, W, C] and its output.
  Result<void> plan(const Shape& input, const Shape& output) {
    batch_ = static_cast<std::size_t>(output[0]);
    places_ = static_cast<std::size_t>(output[1] * output[2]);
    input_size_ = static_cast<std::size_t>(input[1] * input[2] * input[3]);
    rows_ = packing_.depthwise || places_ <= 1 ? 1 : kMatrixRows;
    multiply_adds_ = count_multiply_adds(form_, output);
    if (input == planned_) return {};
    const std::size_t tiles = (places_ + rows_ - 1) / rows_;
    planned_ = {};
    const auto entries = Shape{static_cast<std::int64_t>(tiles * rows_), packing_.padded_taps, sizeof(const float*)};
    if (auto sized = table_.resize(DataType::kUint8, entries); !sized) return sized;
    const Window window = resolve_padding(form_.window, {input[1], input[2]});
    for (std::size_t i = 0; i < tiles * rows_; ++i) {
      const auto place = static_cast<std::int64_t>(std::min(i, places_ - 1));  // the last tile repeats the last place
      const std::int64_t top = place / output[2] * window.stride[0] - window.pad_begin[0];
      const std::int64_t left = place % output[2] * window.stride[1] - window.pad_begin[1];
      const float** entry = table(i / rows_) + i % rows_;
      for (std::int64_t tap = 0; tap < packing_.padded_taps; ++tap, entry += rows_) {
        const std::int64_t y = top + tap / window.kernel[1] * window.dilation[0];
        const std::int64_t x = left + tap % window.kernel[1] * window.dilation[1];
        const bool is_inside = tap < packing_.taps && y >= 0 && y < input[1] && x >= 0 && x < input[2];
        *entry = is_inside ? first_element() + (y * input[2] + x) * input[3] : zero();
      }
    }
    planned_ = input;
    return {};
  }

 private:
  const float* zero() const { return zero_.as<float>().data(); }
  const float* first_element() const { return zero() + kFirstElement; }

  std::size_t tile_entries() const { return static_cast<std::size_t>(packing_.padded_taps) * rows_; }
  const float** table(std::size_t tile) {
    return reinterpret_cast<const float**>(table_.as<std::uint8_t>().data()) + tile * tile_entries();
  }

  void run_depthwise(float* output, std::uintptr_t offset) {
    const auto kernel = packing_.padded_taps == 9 ? xnn_f32_dwconv_minmax_ukernel_9p4c__wasmsimd_x86_acc2
                                                  : xnn_f32_dwconv_minmax_ukernel_25p4c__wasmsimd_arm;
    kernel(static_cast<std::size_t>(packing_.outputs), places_, table(0), packed_.as<float>().data(), output,
           static_cast<std::intptr_t>(tile_entries() * sizeof(const float*)), 0, offset, zero(), &bounds_);
  }

  void run_matrix(float* output, std::uintptr_t offset) {
    const auto kernel = rows_ == 1 ? xnn_f32_igemm_minmax_ukernel_1x8__wasmsimd_x86_loadsplat
                                   : xnn_f32_igemm_minmax_ukernel_4x8__wasmsimd_x86_loadsplat;
    const auto channels = static_cast<std::size_t>(form_.output_channels());
    const auto columns = static_cast<std::size_t>(packing_.outputs);
    const std::size_t row_bytes = static_cast<std::size_t>(packing_.inputs) * sizeof(float);
    const float* weights = packed_.as<float>().data();
    for (std::size_t first = 0; first < channels; first += columns) {
      for (std::size_t place = 0; place < places_; place += rows_) {
        kernel(std::min(rows_, places_ - place), columns, row_bytes, tile_entries() * sizeof(const float*),
               table(place / rows_), weights, output + place * channels + first, channels * sizeof(float),
               kMatrixBlock * sizeof(float), offset, zero(), &bounds_);
      }
      weights += packing_.group_size();
      offset += row_bytes;
    }
  }

  ConvolutionForm form_;
  Packing packing_;
  Bounds bounds_;
  Tensor packed_;
  Tensor zero_;   // one row of zeros
  Tensor table_;  // addresses: [tiles, taps, rows of a tile]
  Shape planned_;
  std::size_t batch_ = 0;
  std::size_t places_ = 0;  // of one image of the output
  std::size_t input_size_ = 0;
  std::size_t rows_ = 1;  // places in one tile
  std::uint64_t multiply_adds_ = 0;
};

// The same as a convolution of an image one pixel high: a row of the input for each pixel.
class FullyConnected final : public Convolution {
 public:
  FullyConnected(const xnnpack::FullyConnectedForm& form, const Bounds& bounds)
      : Convolution(convolution(form), bounds), sizes_(form) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    if (inputs[0].type != DataType::kFloat32) return fail(ErrorCode::kUnsupportedType, "the input is not float32");
    const auto sizes = fully_connected_output(sizes_, inputs[0].shape);
    if (!sizes) return fail(sizes.error());
    outputs[0] = {DataType::kFloat32, sizes->output};
    const auto rows = static_cast<std::int64_t>(sizes->rows);
    return plan({1, 1, rows, form().group_input_channels}, {1, 1, rows, form().group_output_channels});
  }

 private:
  static ConvolutionForm convolution(const xnnpack::FullyConnectedForm& form) {
    ConvolutionForm result;
    result.group_input_channels = static_cast<std::int64_t>(form.inputs);
    result.group_output_channels = static_cast<std::int64_t>(form.outputs);
    return result;
  }

  xnnpack::FullyConnectedForm sizes_;
};

MadeKernel pack_constants(std::unique_ptr<Convolution> kernel, const Node& node, const KernelContext& context,
                          const WeightStrides& strides) {
  const TensorView& weights = *context.graph.values[node.inputs[1]].constant;
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
  const TensorView bias = has_bias ? *context.graph.values[node.inputs[2]].constant : TensorView{};
  if (weights.type != DataType::kFloat32 || (has_bias && bias.type != DataType::kFloat32)) {
    return fail(ErrorCode::kUnsupportedType, "weights and bias must be float32");
  }
  if (auto packed = kernel->pack(weights.as<float>(), bias.as<float>(), strides); !packed) return fail(packed.error());
  return kernel;
}

}  // namespace

MadeKernel make_convolution(const Node& node, const KernelContext& context) {
  const auto form = xnnpack::read_convolution(node, context);
  if (!form) return fail(form.error());
  const std::int64_t taps = form->window.kernel[0] * form->window.kernel[1];
  return pack_constants(std::make_unique<Convolution>(*form, passes::fused_bounds(node)), node, context,
                        {form->group_input_channels * taps, taps, 1});
}

MadeKernel make_fully_connected(const Node& node, const KernelContext& context) {
  const auto form = xnnpack::read_fully_connected(node, context);
  if (!form) return fail(form.error());
  const auto inputs = static_cast<std::int64_t>(form->inputs);
  const auto outputs = static_cast<std::int64_t>(form->outputs);
  return pack_constants(std::make_unique<FullyConnected>(*form, passes::fused_bounds(node)), node, context,
                        form->transposed ? WeightStrides{inputs, 1, 0} : WeightStrides{1, outputs, 0});
}

}  // namespace sluice::model::gate
