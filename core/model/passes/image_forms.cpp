#include "core/model/passes/image_forms.hpp"

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "core/model/passes/constant_source.hpp"
#include "core/model/window.hpp"

namespace sluice::model::passes {
namespace {

Node start_form(const Node& node, std::string_view op_type) {
  Node form;
  form.name = node.name;
  form.op_type = op_type;
  form.domain = kNhwcDomain;
  form.inputs = {kNoValue};
  form.outputs = {kNoValue};
  return form;
}

std::optional<std::array<std::int64_t, 2>> image_extent(const Graph& graph, ValueId id) {
  const auto& shape = graph.values[id].shape;
  if (!shape || shape->rank() != 4) return std::nullopt;
  return std::array{(*shape)[2], (*shape)[3]};
}

std::vector<std::int64_t> as_list(const std::array<std::int64_t, 2>& pair) { return {pair[0], pair[1]}; }

void set_window(Node& form, const Window& window) {
  form.set("kernel_shape", as_list(window.kernel));
  form.set("strides", as_list(window.stride));
  form.set("dilations", as_list(window.dilation));
  form.set("pads", std::vector{window.pad_begin[0], window.pad_begin[1], window.pad_end[0], window.pad_end[1]});
}

// With explicit padding; nullopt when it depends on an extent that is not known.
std::optional<Window> resolved(const Graph& graph, ValueId input, const Window& window) {
  if (window.auto_pad == AutoPad::kNone || window.auto_pad == AutoPad::kValid) return resolve_padding(window, {1, 1});
  const auto extent = image_extent(graph, input);
  if (!extent) return std::nullopt;
  return resolve_padding(window, *extent);
}

std::optional<Node> convolution_form(const Graph& graph, const Uses& uses, const Node& node) {
  const auto weights = future_constant_shape(graph, uses, input_or_none(node, 1));
  if (!weights || weights->rank() != 4 || graph.is_constant(node.inputs[0])) return std::nullopt;
  const ValueId bias = input_or_none(node, 2);
  if (bias != kNoValue && !future_constant_shape(graph, uses, bias)) return std::nullopt;
  const auto window = read_window(node, std::array{(*weights)[2], (*weights)[3]});
  if (!window) return std::nullopt;
  Node form = start_form(node, "Conv");
  const auto explicit_window = resolved(graph, node.inputs[0], *window);
  if (explicit_window) {
    set_window(form, *explicit_window);
  } else if (window->auto_pad == AutoPad::kSameUpper) {
    set_window(form, *window);
    form.set("auto_pad", std::string("SAME_UPPER"));
  } else {
    return std::nullopt;
  }
  form.set("group", node.int_or("group", 1));
  form.inputs = node.inputs;
  return form;
}

std::optional<Node> deconvolution_form(const Graph& graph, const Uses& uses, const Node& node) {
  const auto weights = future_constant_shape(graph, uses, input_or_none(node, 1));
  if (!weights || weights->rank() != 4 || graph.is_constant(node.inputs[0])) return std::nullopt;
  const ValueId bias = input_or_none(node, 2);
  if (bias != kNoValue && !future_constant_shape(graph, uses, bias)) return std::nullopt;
  // What the output's size should be decides the padding here: the plain kernel does that.
  if (node.find("output_shape") != nullptr) return std::nullopt;
  const auto window = read_window(node, std::array{(*weights)[2], (*weights)[3]});
  if (!window || (window->auto_pad != AutoPad::kNone && window->auto_pad != AutoPad::kValid)) return std::nullopt;
  const auto adjustment = node.ints_or("output_padding", {0, 0});
  if (adjustment.size() != 2) return std::nullopt;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    if (adjustment[axis] < 0 || adjustment[axis] >= window->stride[axis]) return std::nullopt;
  }
  Node form = start_form(node, "ConvTranspose");
  set_window(form, resolve_padding(*window, {1, 1}));
  form.set("group", node.int_or("group", 1));
  form.set("output_padding", adjustment);
  form.inputs = node.inputs;
  return form;
}

// XNNPACK's pools take no single-element windows and no strides beyond the window; ceil_mode needs the extent.
std::optional<Node> pool_form(const Graph& graph, const Node& node) {
  const DataType type = graph.values[node.inputs[0]].type;
  const bool is_max = node.op_type == "MaxPool";
  if (node.outputs.size() != 1) return std::nullopt;
  if (type != DataType::kFloat32 && !(is_max && type == DataType::kInt8)) return std::nullopt;
  const auto window = read_window(node, std::nullopt);
  if (!window) return std::nullopt;
  auto explicit_window = resolved(graph, node.inputs[0], *window);
  if (!explicit_window || (window->kernel[0] == 1 && window->kernel[1] == 1)) return std::nullopt;
  if (window->stride[0] > window->kernel[0] || window->stride[1] > window->kernel[1]) return std::nullopt;
  if (explicit_window->ceil_mode) {
    const auto extent = image_extent(graph, node.inputs[0]);
    const auto output = extent ? window_output(*explicit_window, *extent) : std::nullopt;
    if (!output) return std::nullopt;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t reach = (window->kernel[axis] - 1) * window->dilation[axis] + 1;
      const std::int64_t needed = ((*output)[axis] - 1) * window->stride[axis] + reach;
      const std::int64_t padded = (*extent)[axis] + explicit_window->pad_begin[axis] + explicit_window->pad_end[axis];
      if (needed > padded) explicit_window->pad_end[axis] += needed - padded;
    }
    explicit_window->ceil_mode = false;
    if (!is_max) return std::nullopt;  // the padding that ceil_mode adds counts in no average
  }
  if (!is_max) {
    const bool padded = explicit_window->pad_begin != std::array<std::int64_t, 2>{0, 0} ||
                        explicit_window->pad_end != std::array<std::int64_t, 2>{0, 0};
    const bool dilated = window->dilation != std::array<std::int64_t, 2>{1, 1};
    if (dilated || (padded && node.int_or("count_include_pad", 0) != 0)) return std::nullopt;
  }
  // A window that lies in padding alone has no elements.
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t reach = (window->kernel[axis] - 1) * window->dilation[axis] + 1;
    if (explicit_window->pad_begin[axis] >= reach || explicit_window->pad_end[axis] >= reach) return std::nullopt;
  }
  Node form = start_form(node, node.op_type);
  set_window(form, *explicit_window);
  return form;
}

std::optional<Node> global_pool_form(const Graph& graph, const Node& node) {
  if (graph.values[node.inputs[0]].type != DataType::kFloat32) return std::nullopt;
  return start_form(node, node.op_type);
}

std::optional<std::array<float, 2>> image_scales(std::span<const float> scales) {
  if (scales.size() != 4 || scales[0] != 1.0F || scales[1] != 1.0F) return std::nullopt;
  return std::array{scales[2], scales[3]};
}

bool is_whole(float scale) { return scale >= 1.0F && scale <= 1024.0F && scale == std::floor(scale); }

}  // namespace

bool is_image_operator(const Node& node) {
  return node.op_type == "Conv" || node.op_type == "ConvTranspose" || node.op_type == "MaxPool" ||
         node.op_type == "AveragePool" || node.op_type == "GlobalAveragePool" || node.op_type == "GlobalMaxPool";
}

std::optional<Node> image_form(const Graph& graph, const Uses& uses, const Node& node) {
  if (node.op_type == "Conv") return convolution_form(graph, uses, node);
  if (node.op_type == "ConvTranspose") return deconvolution_form(graph, uses, node);
  if (node.op_type == "MaxPool" || node.op_type == "AveragePool") return pool_form(graph, node);
  return global_pool_form(graph, node);
}

std::optional<Node> resize_form(const Graph& graph, const Node& node) {
  if (graph.values[node.inputs[0]].type != DataType::kFloat32 || node.outputs.size() != 1) return std::nullopt;
  if (node.find("axes") != nullptr || node.int_or("antialias", 0) != 0) return std::nullopt;
  if (node.string_or("keep_aspect_ratio_policy", "stretch") != "stretch") return std::nullopt;
  const auto& before = graph.values[node.inputs[0]].shape;
  const auto& after = graph.values[node.outputs[0]].shape;
  if (!before || !after || before->rank() != 4 || after->rank() != 4) return std::nullopt;
  if ((*before)[0] != (*after)[0] || (*before)[1] != (*after)[1]) return std::nullopt;
  if ((*before)[2] < 1 || (*before)[3] < 1 || (*after)[2] < 1 || (*after)[3] < 1) return std::nullopt;

  const bool upsample = node.op_type == "Upsample" || graph.opset < 11;
  const std::string_view mode = node.string_or("mode", "nearest");
  const std::string_view coordinates =
      upsample ? "asymmetric" : node.string_or("coordinate_transformation_mode", "half_pixel");
  const std::array factors{static_cast<float>((*after)[2]) / static_cast<float>((*before)[2]),
                           static_cast<float>((*after)[3]) / static_cast<float>((*before)[3])};
  // Scales that are given decide the sampling points; they must agree with the sizes to be left out here.
  const std::size_t scales_slot = upsample ? 1 : 2;
  if (const auto scales = constant_elements<float>(graph, input_or_none(node, scales_slot));
      scales && !scales->empty()) {
    const auto given = image_scales(*scales);
    if (!given || (*given)[0] != factors[0] || (*given)[1] != factors[1]) return std::nullopt;
  }

  if (mode == "nearest") {
    const std::string_view rounding = upsample ? "floor" : node.string_or("nearest_mode", "round_prefer_floor");
    const bool repeats = (coordinates == "asymmetric" && rounding == "floor") ||
                         (coordinates == "half_pixel" && rounding.starts_with("round_prefer"));
    if (!repeats || !is_whole(factors[0]) || !is_whole(factors[1])) return std::nullopt;
    Node form = start_form(node, "ResizeNearest");
    form.set("height_scale", static_cast<std::int64_t>(factors[0]));
    form.set("width_scale", static_cast<std::int64_t>(factors[1]));
    return form;
  }
  if (mode != "linear") return std::nullopt;
  if (coordinates != "half_pixel" && coordinates != "align_corners" && coordinates != "asymmetric") return std::nullopt;
  Node form = start_form(node, "ResizeBilinear");
  form.set("height", (*after)[2]);
  form.set("width", (*after)[3]);
  form.set("coordinate_mode", std::string(coordinates));
  return form;
}

}  // namespace sluice::model::passes
