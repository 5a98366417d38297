// ConvTranspose: every input element adds its weighted kernel to the output. Layout: input [N, C, spatial...], weights
// [C, M / group, kernel...], output [N, M, spatial...].
#include <algorithm>

#include "core/model/ops/convolution_plan.hpp"
#include "core/model/ops/factories.hpp"

namespace sluice::model::ops {
namespace {

using TransposedTypes = Types<float, double>;

class ConvTransposeKernel final : public PlainKernel {
 public:
  ConvTransposeKernel(const Node& node, const KernelContext& context, WindowAttributes attributes)
      : PlainKernel(context),
        attributes_(std::move(attributes)),
        groups_(node.int_or("group", 1)),
        output_padding_(node.ints_or("output_padding", {})),
        output_shape_(node.ints_or("output_shape", {})) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& x = inputs[0].shape;
    const Shape& w = inputs[1].shape;
    if (!contains(inputs[0].type, TransposedTypes{})) return refuse_type("input", inputs[0].type, "float32");
    if (auto same = check_same_type("the weights", inputs[1].type, inputs[0].type); !same) return same;
    if (x.rank() < 3) return refuse_shape("the input", x, "a batch, channels and spatial dimensions");
    if (w.rank() != x.rank() || w[0] != x[1] || groups_ < 1 || w[0] % groups_ != 0) {
      return refuse_shape(
          "the weights", w,
          join_text({"as many dimensions and channels as the input ", to_string(x), " in ", groups_, " groups"}));
    }
    const CheckedInt64 channels = CheckedInt64(w[1]) * groups_;
    if (is_present(inputs, 2)) {
      if (auto same = check_same_type("the bias", inputs[2].type, inputs[0].type); !same) return same;
      if (!channels.ok() || inputs[2].shape != Shape{channels.value()}) {
        return refuse_shape("the bias", inputs[2].shape, "one number for each output channel");
      }
    }
    if (auto fitted = fit(x, w); !fitted) return fitted;
    std::vector<CheckedInt64> dims{x[0], channels};
    for (const Window& axis : axes_) dims.emplace_back(axis.input);
    const auto shape = bounded_shape(std::span<const CheckedInt64>(dims), inputs[0].type);
    if (!shape) return fail(shape.error());
    outputs[0] = {inputs[0].type, *shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, TransposedTypes{}, [&]<typename T>() { transpose<T>(inputs, outputs[0]); });
    return {};
  }

  std::uint64_t multiply_adds() const override { return multiply_adds_; }

 private:
  // The windows of the convolution that this one transposes: its `input` is our output and its `output` our input.
  Result<void> fit(const Shape& x, const Shape& w) {
    WindowAttributes attributes = attributes_;
    const auto kernel = w.dims().subspan(2);
    if (attributes.kernel.empty()) attributes.kernel.assign(kernel.begin(), kernel.end());
    if (auto completed = attributes.complete(kernel.size()); !completed) return completed;
    if (!std::ranges::equal(attributes.kernel, kernel))
      return refuse_shape("the weights", w, "what kernel_shape names");
    std::vector<std::int64_t> extra = output_padding_;
    if (extra.empty()) extra.assign(kernel.size(), 0);
    // output_shape may name all dimensions or only the spatial ones.
    std::span<const std::int64_t> wanted = output_shape_;
    if (wanted.size() == x.rank()) wanted = wanted.subspan(2);
    if (extra.size() != kernel.size() || (!wanted.empty() && wanted.size() != kernel.size())) {
      return fail(ErrorCode::kInvalidGraph, "output_padding or output_shape has not one number for each spatial axis");
    }
    CheckedInt64 count = CheckedInt64(x[0]) * x[1] * w[1];
    axes_.clear();
    for (std::size_t i = 0; i < kernel.size(); ++i) {
      Window axis{.output = x[i + 2],
                  .kernel = attributes.kernel[i],
                  .stride = attributes.strides[i],
                  .dilation = attributes.dilations[i]};
      const CheckedInt64 full =
          (CheckedInt64(axis.output) - 1) * axis.stride + extra[i] + (axis.kernel - 1) * axis.dilation + 1;
      CheckedInt64 size = full;
      const bool same = attributes.auto_pad == AutoPad::kSameUpper || attributes.auto_pad == AutoPad::kSameLower;
      if (!wanted.empty()) size = wanted[i];
      else if (same) size = CheckedInt64(axis.output) * axis.stride;
      const CheckedInt64 surplus = full - size;
      if (!surplus.ok() || extra[i] < 0)
        return fail(ErrorCode::kInvalidGraph, "output_padding or a size is out of range");
      if (!wanted.empty() || same) {
        // What the kernels cover beyond the size is cut off; where they do not reach, zeros (or the bias) remain.
        const std::int64_t total = std::max<std::int64_t>(surplus.value(), 0);
        axis.pad_before = attributes.auto_pad == AutoPad::kSameUpper ? total / 2 : total - total / 2;
        axis.input = size.value();
      } else {
        const bool padded = attributes.auto_pad == AutoPad::kNone;
        axis.pad_before = padded ? attributes.pads[i] : 0;
        axis.input = (full - axis.pad_before - (padded ? attributes.pads[kernel.size() + i] : 0)).value();
      }
      count = count * axis.kernel * axis.output;
      axes_.push_back(axis);
    }
    multiply_adds_ = count.ok() ? static_cast<std::uint64_t>(count.value()) : 0;
    return {};
  }

  template <typename T>
  void transpose(Inputs inputs, const MutableTensorView& output) const {
    const T* x = inputs[0].as<T>().data();
    const T* w = inputs[1].as<T>().data();
    const T* bias = is_present(inputs, 2) ? inputs[2].as<T>().data() : nullptr;
    const auto y = output.as<T>();
    if (y.empty()) return;
    const std::int64_t in_channels = inputs[0].shape[1] / groups_;
    const std::int64_t out_channels = inputs[1].shape[1];
    const std::ptrdiff_t x_plane = product(inputs[0].shape, 2, inputs[0].shape.rank());
    const std::ptrdiff_t y_plane = product(output.shape, 2, output.shape.rank());
    const std::ptrdiff_t taps = product(inputs[1].shape, 2, inputs[1].shape.rank());
    T* y_channel = y.data();
    for (std::int64_t image = 0; image < inputs[0].shape[0]; ++image) {
      for (std::int64_t m = 0; m < groups_ * out_channels; ++m, y_channel += y_plane) {
        std::fill_n(y_channel, y_plane, bias != nullptr ? bias[m] : T{0});
        const std::int64_t group = m / out_channels;
        for (std::int64_t c = group * in_channels; c < (group + 1) * in_channels; ++c) {
          spread(x + (image * inputs[0].shape[1] + c) * x_plane, w + (c * out_channels + m % out_channels) * taps,
                 y_channel);
        }
      }
    }
  }

  // Adds one input channel through one kernel to one output channel.
  template <typename T>
  void spread(const T* x, const T* w, T* y) const {
    const std::size_t outer = axes_.size() - 1;
    const Window& along = axes_.back();
    std::array<std::int64_t, Shape::kMaxRank> zeros{};
    std::array<std::int64_t, Shape::kMaxRank> kernel{};
    std::array<std::int64_t, Shape::kMaxRank> sizes{};
    for (std::size_t i = 0; i < outer; ++i) {
      kernel[i] = axes_[i].kernel;
      sizes[i] = axes_[i].output;
    }
    const auto first = [&](auto& values) { return std::span(values.data(), outer); };
    for (const Window& axis : axes_) {
      if (axis.output == 0) return;
    }
    std::array<std::int64_t, Shape::kMaxRank> tap{};
    do {
      const T* x_row = x;
      std::array<std::int64_t, Shape::kMaxRank> position{};
      do {
        std::int64_t row = 0;
        bool inside = true;
        for (std::size_t i = 0; i < outer; ++i) {
          const std::int64_t at = axes_[i].start(position[i]) + tap[i] * axes_[i].dilation;
          inside = inside && at >= 0 && at < axes_[i].input;
          row = row * axes_[i].input + at;
        }
        for (std::int64_t k = 0; inside && k < along.kernel; ++k) {
          const std::int64_t shift = row * along.input + k * along.dilation - along.pad_before;
          const std::int64_t last = along.last_output(k);
          for (std::int64_t i = along.first_output(k); i < last; ++i) y[shift + i * along.stride] += x_row[i] * w[k];
        }
        x_row += along.output;
      } while (next_position(first(position), first(zeros), first(sizes)));
      w += along.kernel;
    } while (next_position(first(tap), first(zeros), first(kernel)));
  }

  WindowAttributes attributes_;
  std::int64_t groups_;
  std::vector<std::int64_t> output_padding_;
  std::vector<std::int64_t> output_shape_;
  std::vector<Window> axes_;
  std::uint64_t multiply_adds_ = 0;
};

}  // namespace

MadeKernel make_conv_transpose(const Node& node, const KernelContext& context) {
  if (auto checked = check_arity(node, 2, 3); !checked) return fail(checked.error());
  auto attributes = WindowAttributes::read(node);
  if (!attributes) return fail(attributes.error());
  return std::make_unique<ConvTransposeKernel>(node, context, std::move(*attributes));
}

}  // namespace sluice::model::ops
