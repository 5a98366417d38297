// Resize and its predecessor Upsample. Interpolation is separable: one pass for each axis that changes.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/resize_taps.hpp"

namespace sluice::model::ops {
namespace {

// Where the inputs stand, by opset.
struct InputPlaces {
  std::size_t roi = 0;  // 0: there is none
  std::size_t scales = 0;
  std::size_t sizes = 0;
};

class ResizeKernel final : public PlainKernel {
 public:
  ResizeKernel(const Node& node, const KernelContext& context, ResizeMode mode, InputPlaces places)
      : PlainKernel(context),
        mode_(mode),
        places_(places),
        policy_(node.string_or("keep_aspect_ratio_policy", "stretch")),
        extrapolation_value_(node.float_or("extrapolation_value", 0.0F)),
        axes_attribute_(node.ints_or("axes", {})) {
    if (const Attribute* scales = node.find("scales"); scales != nullptr) {
      if (const auto* list = std::get_if<std::vector<float>>(&scales->value)) scales_attribute_ = *list;
    }
  }

  bool shape_depends_on_value_of(std::size_t input) const override { return input != 0; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const bool moves_only =
        mode_.interpolation == Interpolation::kNearest && mode_.coordinates != Coordinates::kCropAndResize;
    if (!moves_only && !contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    const Shape& shape = inputs[0].shape;
    auto resized = fit(inputs);
    if (!resized) return fail(resized.error());
    std::vector<std::int64_t> dims;
    for (const ResizeAxis& axis : *resized) dims.push_back(axis.output);
    const auto result = bounded_shape(std::span<const std::int64_t>(dims), inputs[0].type);
    if (!result) return fail(result.error());
    if (result->element_count() != 0 && shape.element_count() == 0) {
      return refuse_shape("the input", shape, "some elements to resize");
    }
    outputs[0] = {inputs[0].type, *result};
    return plan(*resized, moves_only, result->element_count() != 0);
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    if (outputs[0].bytes.empty()) return {};
    if (mode_.interpolation == Interpolation::kNearest && mode_.coordinates != Coordinates::kCropAndResize) {
      visit_width(inputs[0].type, [&]<typename U>() { copy_nearest(inputs[0].as<U>().data(), outputs[0]); });
    } else {
      visit(inputs[0].type, FloatTypes{}, [&]<typename T>() { interpolate<T>(inputs[0], outputs[0]); });
    }
    return {};
  }

 private:
  // The new size and scale of every axis, from scales or sizes given for all or for some axes.
  Result<std::vector<ResizeAxis>> fit(Inputs inputs) const {
    const Shape& shape = inputs[0].shape;
    std::vector<std::int64_t> named = axes_attribute_;
    if (named.empty()) {
      named.resize(shape.rank());
      std::iota(named.begin(), named.end(), std::int64_t{0});
    }
    const auto axes = normalise_axes(named, shape.rank());
    if (!axes) return fail(axes.error());
    std::vector<ResizeAxis> resized;
    for (std::int64_t dim : shape.dims()) resized.push_back({.input = dim, .output = dim});
    if (auto set = set_region(inputs, *axes, resized); !set) return fail(set.error());

    if (places_.sizes != 0 && is_present(inputs, places_.sizes) && inputs[places_.sizes].shape.element_count() != 0) {
      const auto sizes = read_integers(inputs[places_.sizes], "sizes");
      if (!sizes) return fail(sizes.error());
      if (sizes->size() != axes->size())
        return fail(ErrorCode::kInvalidGraph, "sizes has not one number for each axis");
      return fit_sizes(*sizes, *axes, std::move(resized));
    }
    std::span<const float> scales = scales_attribute_;
    if (places_.scales != 0 && is_present(inputs, places_.scales)) {
      if (inputs[places_.scales].type != DataType::kFloat32) {
        return refuse_type("scales", inputs[places_.scales].type, "float32");
      }
      scales = inputs[places_.scales].as<float>();
    }
    if (scales.size() != axes->size()) return fail(ErrorCode::kInvalidGraph, "scales has not one number for each axis");
    for (std::size_t i = 0; i < axes->size(); ++i) {
      ResizeAxis& axis = resized[(*axes)[i]];
      axis.scale = static_cast<double>(scales[i]);
      if (!(axis.scale > 0) || std::isinf(axis.scale)) {
        return fail(ErrorCode::kInvalidGraph, {"a scale is ", scales[i], "; expected a positive number"});
      }
      const double region = mode_.coordinates == Coordinates::kCropAndResize ? axis.roi_end - axis.roi_start : 1.0;
      // Scales are float32: a product that is a whole number but for their precision counts as whole.
      const double size =
          static_cast<double>(static_cast<float>(static_cast<double>(axis.input) * region * axis.scale));
      axis.output = static_cast<std::int64_t>(std::clamp(std::floor(size), -1.0, 0x1p53));
    }
    return resized;
  }

  Result<void> set_region(Inputs inputs, std::span<const std::size_t> axes, std::vector<ResizeAxis>& resized) const {
    if (mode_.coordinates != Coordinates::kCropAndResize) return {};
    const bool given = places_.roi != 0 && is_present(inputs, places_.roi);
    if (!given || inputs[places_.roi].shape.element_count() != 2 * axes.size()) {
      return fail(ErrorCode::kInvalidGraph, "tf_crop_and_resize needs a roi with two numbers for each axis");
    }
    const bool known = visit(inputs[places_.roi].type, FloatTypes{}, [&]<typename T>() {
      const auto roi = inputs[places_.roi].as<T>();
      for (std::size_t i = 0; i < axes.size(); ++i) {
        resized[axes[i]].roi_start = static_cast<double>(roi[i]);
        resized[axes[i]].roi_end = static_cast<double>(roi[axes.size() + i]);
      }
    });
    if (!known) return refuse_type("roi", inputs[places_.roi].type, "float32");
    return {};
  }

  Result<std::vector<ResizeAxis>> fit_sizes(std::span<const std::int64_t> sizes, std::span<const std::size_t> axes,
                                            std::vector<ResizeAxis> resized) const {
    double common = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      ResizeAxis& axis = resized[axes[i]];
      axis.output = sizes[i];
      axis.scale = axis.input == 0 ? 1 : static_cast<double>(sizes[i]) / static_cast<double>(axis.input);
      const bool better = policy_ == "not_larger" ? axis.scale < common : axis.scale > common;
      if (i == 0 || better) common = axis.scale;
    }
    if (policy_ == "stretch") return resized;
    if (policy_ != "not_larger" && policy_ != "not_smaller") {
      return fail(ErrorCode::kUnsupportedOperator, {"keep_aspect_ratio_policy '", policy_, "' is unknown"});
    }
    for (std::size_t i : axes) {
      resized[i].scale = common;
      resized[i].output = static_cast<std::int64_t>(
          std::clamp(std::round(common * static_cast<double>(resized[i].input)), -1.0, 0x1p53));
    }
    return resized;
  }

  // Makes the taps, and the working space of the passes.
  Result<void> plan(std::span<const ResizeAxis> resized, bool moves_only, bool has_elements) {
    taps_.assign(resized.size(), {});
    inputs_.clear();
    passes_.clear();
    if (!has_elements) return {};
    std::vector<std::int64_t> dims;
    for (std::size_t i = 0; i < resized.size(); ++i) {
      const CheckedInt64 count = CheckedInt64(resized[i].output) * taps_per_output(mode_, resized[i]);
      if (auto checked = check_scratch(count, sizeof(float) + sizeof(std::int32_t)); !checked) return checked;
      taps_[i] = make_taps(mode_, resized[i]);
      if (!taps_[i].is_identity(resized[i].input)) passes_.push_back(i);
      inputs_.push_back(resized[i].input);
      dims.push_back(resized[i].input);
    }
    if (moves_only) return {};
    // Each pass but the last leaves its result in one of two buffers.
    for (std::size_t p = 0; p + 1 < passes_.size(); ++p) {
      dims[passes_[p]] = resized[passes_[p]].output;
      const auto between = bounded_shape(std::span<const std::int64_t>(dims), DataType::kFloat32);
      if (!between) return fail(between.error());
      scratch_[p % 2].resize(std::max(scratch_[p % 2].size(), between->element_count().value_or(0)));
    }
    return {};
  }

  template <typename U>
  void copy_nearest(const U* x, const MutableTensorView& output) const {
    U* y = output.as<U>().data();
    const std::size_t rank = output.shape.rank();
    if (rank == 0) {
      *y = *x;
      return;
    }
    const std::vector<std::int32_t>& columns = taps_[rank - 1].indices;
    std::array<std::size_t, Shape::kMaxRank> index{};
    const U* end = y + output.as<U>().size();
    while (y != end) {
      std::int64_t row = 0;
      for (std::size_t axis = 0; axis + 1 < rank; ++axis) row = row * inputs_[axis] + taps_[axis].indices[index[axis]];
      const U* from = x + row * inputs_[rank - 1];
      for (std::int32_t column : columns) *y++ = from[column];
      for (std::size_t axis = rank - 1; axis-- > 0;) {
        if (++index[axis] < taps_[axis].indices.size()) break;
        index[axis] = 0;
      }
    }
  }

  template <typename T>
  void interpolate(const TensorView& input, const MutableTensorView& output) {
    std::vector<std::int64_t>& dims = inputs_;
    if (passes_.empty()) {
      std::memcpy(output.bytes.data(), input.bytes.data(), output.bytes.size());
      return;
    }
    std::array<std::int64_t, Shape::kMaxRank> sizes{};
    std::copy(dims.begin(), dims.end(), sizes.begin());
    const std::size_t rank = dims.size();
    for (std::size_t p = 0; p < passes_.size(); ++p) {
      const std::size_t axis = passes_[p];
      std::int64_t outer = 1;
      std::int64_t inner = 1;
      for (std::size_t i = 0; i < axis; ++i) outer *= sizes[i];
      for (std::size_t i = axis + 1; i < rank; ++i) inner *= sizes[i];
      const bool first = p == 0;
      const bool last = p + 1 == passes_.size();
      const float* from = first ? nullptr : scratch_[(p + 1) % 2].data();
      float* to = last ? nullptr : scratch_[p % 2].data();
      if (first && last) resample(input.as<T>().data(), output.as<T>().data(), taps_[axis], outer, sizes[axis], inner);
      else if (first) resample(input.as<T>().data(), to, taps_[axis], outer, sizes[axis], inner);
      else if (last) resample(from, output.as<T>().data(), taps_[axis], outer, sizes[axis], inner);
      else resample(from, to, taps_[axis], outer, sizes[axis], inner);
      sizes[axis] = static_cast<std::int64_t>(taps_[axis].outside.size());
    }
  }

  template <typename From, typename To>
  void resample(const From* x, To* y, const AxisTaps& taps, std::int64_t outer, std::int64_t length,
                std::int64_t inner) const {
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::size_t position = 0; position < taps.outside.size(); ++position) {
        const std::int32_t* indices = taps.indices.data() + position * taps.per_output;
        const float* weights = taps.weights.data() + position * taps.per_output;
        for (std::int64_t i = 0; i < inner; ++i) {
          float sum = 0;
          for (std::size_t k = 0; k < taps.per_output; ++k) {
            sum += weights[k] * static_cast<float>(x[(o * length + indices[k]) * inner + i]);
          }
          *y++ = static_cast<To>(taps.outside[position] ? extrapolation_value_ : sum);
        }
      }
    }
  }

  ResizeMode mode_;
  InputPlaces places_;
  std::string policy_;
  float extrapolation_value_;
  std::vector<std::int64_t> axes_attribute_;
  std::vector<float> scales_attribute_;
  std::vector<AxisTaps> taps_;        // by axis
  std::vector<std::int64_t> inputs_;  // sizes of the input
  std::vector<std::size_t> passes_;   // axes that change
  std::array<std::vector<float>, 2> scratch_;
};

MadeKernel make(const Node& node, const KernelContext& context, std::size_t min_inputs, std::size_t max_inputs,
                InputPlaces places, bool upsample) {
  if (auto checked = check_arity(node, min_inputs, max_inputs); !checked) return fail(checked.error());
  const auto mode = ResizeMode::read(node, context.graph.opset, upsample);
  if (!mode) return fail(mode.error());
  return std::make_unique<ResizeKernel>(node, context, *mode, places);
}

}  // namespace

MadeKernel make_resize(const Node& node, const KernelContext& context) {
  if (context.graph.opset < 11) return make(node, context, 2, 2, {.roi = 0, .scales = 1, .sizes = 0}, false);
  return make(node, context, 1, 4, {.roi = 1, .scales = 2, .sizes = 3}, false);
}
MadeKernel make_upsample(const Node& node, const KernelContext& context) {
  if (context.graph.opset < 9) return make(node, context, 1, 1, {}, true);
  return make(node, context, 2, 2, {.roi = 0, .scales = 1, .sizes = 0}, true);
}

}  // namespace sluice::model::ops
