// MaxPool (with Indices, dilations, ceil_mode, uint8 and int8) and AveragePool, in any number of spatial dimensions.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/model/ops/convolution_plan.hpp"
#include "core/model/ops/factories.hpp"

namespace sluice::model::ops {
namespace {

using Position = std::array<std::int64_t, Shape::kMaxRank>;

class PoolingKernel : public PlainKernel {
 public:
  PoolingKernel(const KernelContext& context, WindowAttributes attributes)
      : PlainKernel(context), attributes_(std::move(attributes)) {}

 protected:
  Result<Shape> plan(const TensorView& input) {
    const Shape& shape = input.shape;
    if (shape.rank() < 3) return refuse_shape("the input", shape, "a batch, channels and spatial dimensions");
    WindowAttributes attributes = attributes_;
    if (attributes.kernel.empty()) return fail(ErrorCode::kInvalidGraph, "the attribute kernel_shape is missing");
    if (auto completed = attributes.complete(shape.rank() - 2); !completed) return fail(completed.error());
    auto windows = fit_windows(attributes, shape.dims().subspan(2));
    if (!windows) return fail(windows.error());
    axes_ = std::move(*windows);
    std::vector<std::int64_t> dims{shape[0], shape[1]};
    for (const Window& axis : axes_) dims.push_back(axis.output);
    planes_ = product(shape, 0, 2);
    plane_ = product(shape, 2, shape.rank());
    return bounded_shape(std::span<const std::int64_t>(dims), input.type);
  }

  // For every output element: begin(position), add(input index in the plane) for each element of the window, end(). Planes
  // follow each other; enter(plane) comes before each.
  template <typename Enter, typename Begin, typename Add, typename End>
  void for_each_window(Enter enter, Begin begin, Add add, End end) const {
    const std::size_t rank = axes_.size();
    Position zeros{};
    Position sizes{};
    for (std::size_t i = 0; i < rank; ++i) {
      sizes[i] = axes_[i].output;
      if (sizes[i] == 0) return;
    }
    const std::span<const std::int64_t> origin(zeros.data(), rank);
    const std::span<const std::int64_t> extent(sizes.data(), rank);
    const Window& along = axes_[rank - 1];
    for (std::ptrdiff_t plane = 0; plane < planes_; ++plane) {
      enter(plane);
      Position position{};
      do {
        begin(position);
        Position first{};
        Position last{};
        bool inside = true;
        for (std::size_t i = 0; i < rank; ++i) {
          first[i] = axes_[i].first_inside(position[i]);
          last[i] = axes_[i].last_inside(position[i]);
          inside = inside && first[i] < last[i];
        }
        Position tap = first;
        const std::size_t outer = rank - 1;
        if (inside) {
          do {
            std::int64_t row = 0;
            for (std::size_t i = 0; i < outer; ++i) {
              row = row * axes_[i].input + axes_[i].start(position[i]) + tap[i] * axes_[i].dilation;
            }
            std::int64_t index = row * along.input + along.start(position[outer]) + first[outer] * along.dilation;
            for (std::int64_t k = first[outer]; k < last[outer]; ++k, index += along.dilation) add(index);
          } while (next_position(std::span(tap.data(), outer), std::span<const std::int64_t>(first.data(), outer),
                                 std::span<const std::int64_t>(last.data(), outer)));
        }
        end();
      } while (next_position(std::span(position.data(), rank), origin, extent));
    }
  }

  WindowAttributes attributes_;
  std::vector<Window> axes_;
  std::ptrdiff_t planes_ = 0;
  std::ptrdiff_t plane_ = 0;  // elements of one input plane
};

class MaxPoolKernel final : public PoolingKernel {
 public:
  MaxPoolKernel(const Node& node, const KernelContext& context, WindowAttributes attributes)
      : PoolingKernel(context, std::move(attributes)), column_major_(node.int_or("storage_order", 0) != 0) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, MaxTypes{})) return refuse_type("input", inputs[0].type, "float32");
    const auto shape = plan(inputs[0]);
    if (!shape) return fail(shape.error());
    outputs[0] = {inputs[0].type, *shape};
    if (outputs.size() > 1) {
      const auto indices = bounded_shape(shape->dims(), DataType::kInt64);
      if (!indices) return fail(indices.error());
      outputs[1] = {DataType::kInt64, *indices};
    }
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, MaxTypes{}, [&]<typename T>() { pool<T>(inputs[0], outputs); });
    return {};
  }

 private:
  using MaxTypes = Joined<FloatTypes, Types<std::uint8_t, std::int8_t>>::type;

  template <typename T>
  void pool(const TensorView& input, Outputs outputs) const {
    const T* x = input.as<T>().data();
    T* y = is_wanted(outputs, 0) ? outputs[0].as<T>().data() : nullptr;
    std::int64_t* indices = is_wanted(outputs, 1) ? outputs[1].as<std::int64_t>().data() : nullptr;
    std::int64_t start = 0;
    std::int64_t best_at = 0;
    ArithmeticOf<T> best{};
    bool any = false;
    for_each_window([&](std::ptrdiff_t plane) { start = plane * plane_; },
                    [&](const Position&) {
                      any = false;
                      best_at = 0;
                      best = std::numeric_limits<ArithmeticOf<T>>::lowest();
                    },
                    [&](std::int64_t index) {
                      const ArithmeticOf<T> value = x[start + index];
                      if (any && !(value > best) && value == value) return;
                      any = true;
                      best = value;
                      best_at = index;
                    },
                    [&] {
                      if (y != nullptr) *y++ = static_cast<T>(best);
                      if (indices != nullptr) *indices++ = start + (column_major_ ? in_column_order(best_at) : best_at);
                    });
  }

  // The index of a plane's element when its first spatial axis moves fastest.
  std::int64_t in_column_order(std::int64_t index) const {
    std::int64_t result = 0;
    for (std::size_t i = axes_.size(); i-- > 0;) {
      std::int64_t step = 1;
      for (std::size_t before = 0; before < i; ++before) step *= axes_[before].input;
      result += index % axes_[i].input * step;
      index /= axes_[i].input;
    }
    return result;
  }

  bool column_major_;
};

class AveragePoolKernel final : public PoolingKernel {
 public:
  AveragePoolKernel(const Node& node, const KernelContext& context, WindowAttributes attributes)
      : PoolingKernel(context, std::move(attributes)), count_padding_(node.int_or("count_include_pad", 0) != 0) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    const auto shape = plan(inputs[0]);
    if (!shape) return fail(shape.error());
    outputs[0] = {inputs[0].type, *shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      const T* x = inputs[0].as<T>().data();
      T* y = outputs[0].as<T>().data();
      ArithmeticOf<T> sum{};
      std::int64_t count = 0;
      std::int64_t padded = 0;
      for_each_window([&](std::ptrdiff_t plane) { x = inputs[0].as<T>().data() + plane * plane_; },
                      [&](const Position& position) {
                        sum = 0;
                        count = 0;
                        padded = count_padding_ ? elements_with_padding(position) : 0;
                      },
                      [&](std::int64_t index) {
                        sum += static_cast<ArithmeticOf<T>>(x[index]);
                        ++count;
                      },
                      [&] {
                        const std::int64_t divisor = std::max<std::int64_t>(count_padding_ ? padded : count, 1);
                        *y++ = static_cast<T>(sum / static_cast<ArithmeticOf<T>>(divisor));
                      });
    });
    return {};
  }

 private:
  // Elements of the window that lie in the input or its padding; with ceil_mode a window may reach further.
  std::int64_t elements_with_padding(const Position& position) const {
    std::int64_t count = 1;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const Window& axis = axes_[i];
      const std::int64_t room = axis.input + axis.pad_after - axis.start(position[i]);
      count *= std::clamp<std::int64_t>(ceil_divide(room, axis.dilation), 0, axis.kernel);
    }
    return count;
  }

  bool count_padding_;
};

template <typename K>
MadeKernel make(const Node& node, const KernelContext& context, std::size_t max_outputs) {
  if (auto checked = check_arity(node, 1, 1, max_outputs); !checked) return fail(checked.error());
  auto attributes = WindowAttributes::read(node);
  if (!attributes) return fail(attributes.error());
  return std::make_unique<K>(node, context, std::move(*attributes));
}

}  // namespace

MadeKernel make_max_pool(const Node& node, const KernelContext& context) {
  return make<MaxPoolKernel>(node, context, 2);
}
MadeKernel make_average_pool(const Node& node, const KernelContext& context) {
  return make<AveragePoolKernel>(node, context, 1);
}

}  // namespace sluice::model::ops
