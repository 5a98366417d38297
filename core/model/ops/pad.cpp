// Pad: constant, reflect, edge and (opset 19) wrap. Pads and value are attributes before opset 11 and inputs from then on;
// from opset 18 pads may name a part of the axes. A negative pad crops.
#include <algorithm>
#include <numeric>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

enum class Mode { kConstant, kReflect, kEdge, kWrap };

constexpr std::int64_t kOutside = -1;

std::int64_t modulo(std::int64_t x, std::int64_t period) {
  const std::int64_t remainder = x % period;
  return remainder < 0 ? remainder + period : remainder;
}

// Which element of an axis with `size` elements stands at `position`, which may lie outside.
std::int64_t source_of(std::int64_t position, std::int64_t size, Mode mode) {
  if (position >= 0 && position < size) return position;
  switch (mode) {
    case Mode::kConstant: return kOutside;
    case Mode::kEdge: return position < 0 ? 0 : size - 1;
    case Mode::kWrap: return modulo(position, size);
    case Mode::kReflect: {
      if (size == 1) return 0;
      const std::int64_t period = 2 * (size - 1);
      const std::int64_t phase = modulo(position, period);
      return phase < size ? phase : period - phase;
    }
  }
  return kOutside;
}

class PadKernel final : public PlainKernel {
 public:
  PadKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), pads_(node.ints_or("pads", {})), value_(node.float_or("value", 0.0F)) {}

  Result<void> set_mode(std::string_view name, std::int64_t opset) {
    if (name == "constant") mode_ = Mode::kConstant;
    else if (name == "reflect") mode_ = Mode::kReflect;
    else if (name == "edge") mode_ = Mode::kEdge;
    else if (name == "wrap" && opset >= 19) mode_ = Mode::kWrap;
    else return fail(ErrorCode::kUnsupportedOperator, {"mode '", name, "' is not one of this opset"});
    return {};
  }

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 1 || input == 3; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    std::vector<std::int64_t> pads = pads_;
    std::vector<std::int64_t> axes(shape.rank());
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
    if (is_present(inputs, 1)) {
      auto read = read_integers(inputs[1], "pads");
      if (!read) return fail(read.error());
      pads = std::move(*read);
    }
    if (is_present(inputs, 2)) {
      if (auto same = check_same_type("constant_value", inputs[2].type, inputs[0].type); !same) return same;
      if (inputs[2].shape.element_count() != 1) return refuse_shape("constant_value", inputs[2].shape, "one number");
    }
    if (is_present(inputs, 3)) {
      auto read = read_integers(inputs[3], "axes");
      if (!read) return fail(read.error());
      axes = std::move(*read);
    }
    const auto places = normalise_axes(axes, shape.rank());
    if (!places) return fail(places.error());
    if (pads.size() != 2 * places->size()) {
      return fail(ErrorCode::kInvalidGraph,
                  {"pads has ", pads.size(), " numbers; expected ", 2 * places->size(), ", two for each axis"});
    }
    return plan(inputs[0], *places, pads, outputs[0]);
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit_width(inputs[0].type, [&]<typename U>() {
      U value{};
      if (is_present(inputs, 2)) value = inputs[2].as<U>()[0];
      else visit(inputs[0].type, NumericTypes{}, [&]<typename T>() { store(static_cast<T>(value_), value); });
      pad(inputs[0].as<U>().data(), inputs[0].shape, outputs[0].as<U>(), outputs[0].shape, value);
    });
    return {};
  }

 private:
  template <typename T, typename U>
  static void store(T number, U& bits) {
    if constexpr (sizeof(T) == sizeof(U)) bits = std::bit_cast<U>(number);
  }

  Result<void> plan(const TensorView& input, std::span<const std::size_t> places, std::span<const std::int64_t> pads,
                    OutputSpec& output) {
    const Shape& shape = input.shape;
    std::vector<CheckedInt64> dims(shape.dims().begin(), shape.dims().end());
    std::array<std::int64_t, Shape::kMaxRank> before{};
    for (std::size_t i = 0; i < places.size(); ++i) {
      before[places[i]] = pads[i];
      dims[places[i]] = dims[places[i]] + pads[i] + pads[places.size() + i];
    }
    const auto result = bounded_shape(dims, input.type);
    if (!result) return fail(result.error());
    const bool has_elements = result->element_count() != 0;
    if (mode_ != Mode::kConstant && has_elements && shape.element_count() == 0) {
      return refuse_shape("the input", shape, "some elements to pad with");
    }
    output = {input.type, *result};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      sources_[axis].resize(has_elements ? static_cast<std::size_t>((*result)[axis]) : 0);
      for (std::size_t i = 0; i < sources_[axis].size(); ++i) {
        sources_[axis][i] = source_of(static_cast<std::int64_t>(i) - before[axis], shape[axis], mode_);
      }
    }
    return {};
  }

  // Row by row: a row's outer position decides the input's row, or that all of it is padding.
  template <typename U>
  void pad(const U* x, const Shape& from, std::span<U> y, const Shape& to, U value) const {
    if (y.empty()) return;
    const std::size_t rank = to.rank();
    if (rank == 0) {
      y[0] = x[0];
      return;
    }
    const Strides strides = row_major_strides(from);
    const std::vector<std::int64_t>& columns = sources_[rank - 1];
    std::array<std::size_t, Shape::kMaxRank> index{};
    for (std::size_t at = 0; at < y.size(); at += columns.size()) {
      std::ptrdiff_t row = 0;
      bool outside = false;
      for (std::size_t axis = 0; axis + 1 < rank; ++axis) {
        const std::int64_t source = sources_[axis][index[axis]];
        outside = outside || source == kOutside;
        row += strides[axis] * static_cast<std::ptrdiff_t>(source);
      }
      for (std::size_t i = 0; i < columns.size(); ++i) {
        y[at + i] = outside || columns[i] == kOutside ? value : x[row + static_cast<std::ptrdiff_t>(columns[i])];
      }
      for (std::size_t axis = rank - 1; axis-- > 0;) {
        if (++index[axis] < sources_[axis].size()) break;
        index[axis] = 0;
      }
    }
  }

  std::vector<std::int64_t> pads_;
  float value_;
  Mode mode_ = Mode::kConstant;
  std::array<std::vector<std::int64_t>, Shape::kMaxRank> sources_;  // of each position of the output, by axis
};

}  // namespace

MadeKernel make_pad(const Node& node, const KernelContext& context) {
  const std::int64_t opset = context.graph.opset;
  const std::size_t min_inputs = opset < 11 ? 1 : 2;
  const std::size_t max_inputs = opset < 11 ? 1 : opset < 18 ? 3 : 4;
  if (auto checked = check_arity(node, min_inputs, max_inputs); !checked) return fail(checked.error());
  auto kernel = std::make_unique<PadKernel>(node, context);
  if (auto set = kernel->set_mode(node.string_or("mode", "constant"), opset); !set) return fail(set.error());
  return kernel;
}

}  // namespace sluice::model::ops
