#include "native/train/splitnet/onnx_nodes.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sluice::train::splitnet {
namespace {

using Ints = std::vector<std::int64_t>;

// Left, right, top, bottom as LibTorch's pad() wants them, of ONNX's top, left, bottom, right.
torch::Tensor padded(const NodeInputs& in, const torch::Tensor& x, double value) {
  TORCH_CHECK(in.node.string_or("auto_pad", "NOTSET") == "NOTSET", in.node.op_type, " with auto_pad");
  const Ints pads = in.node.ints_or("pads", {0, 0, 0, 0});
  TORCH_CHECK(pads.size() == 4, in.node.op_type, " over other than two dimensions");
  if (std::all_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad == 0; })) return x;
  return torch::constant_pad_nd(x, {pads[1], pads[3], pads[0], pads[2]}, value);
}

torch::Tensor run_conv(const NodeInputs& in) {
  const auto type = in.arithmetic == Arithmetic::kBfloat16 ? torch::kBFloat16 : torch::kFloat32;
  const torch::Tensor bias = in.values.size() > 2 && in.values[2].defined() ? in.values[2].to(type) : torch::Tensor();
  return torch::conv2d(padded(in, in.values[0].to(type), 0), in.values[1].to(type), bias,
                       in.node.ints_or("strides", {1, 1}), torch::IntArrayRef({0, 0}),
                       in.node.ints_or("dilations", {1, 1}), in.node.int_or("group", 1));
}

torch::Tensor run_batch_normalization(const NodeInputs& in) {
  const auto column = [](const torch::Tensor& values) { return values.view({1, -1, 1, 1}); };
  const torch::Tensor gain = in.values[1] / (in.values[4] + in.node.float_or("epsilon", 1e-5F)).sqrt();
  return in.values[0] * column(gain) + column(in.values[2] - in.values[3] * gain);
}

torch::Tensor run_clip(const NodeInputs& in) {
  constexpr float kMost = std::numeric_limits<float>::max();
  const auto bound = [&](std::size_t input, const char* attribute, float otherwise) {
    if (in.opset < 11) return in.node.float_or(attribute, otherwise);
    return in.values.size() > input && in.values[input].defined() ? in.values[input].item<float>() : otherwise;
  };
  return torch::clamp(in.values[0], bound(1, "min", -kMost), bound(2, "max", kMost));
}

torch::Tensor run_max_pool(const NodeInputs& in) {
  TORCH_CHECK(in.node.int_or("ceil_mode", 0) == 0, "MaxPool with ceil_mode");
  const torch::Tensor x = padded(in, in.values[0], -std::numeric_limits<double>::infinity());
  return torch::max_pool2d(x, in.node.ints_or("kernel_shape", {}), in.node.ints_or("strides", {1, 1}));
}

torch::Tensor run_average_pool(const NodeInputs& in) {
  TORCH_CHECK(in.node.int_or("ceil_mode", 0) == 0, "AveragePool with ceil_mode");
  const Ints pads = in.node.ints_or("pads", {0, 0, 0, 0});
  TORCH_CHECK(pads.size() == 4 && pads[0] == pads[2] && pads[1] == pads[3], "AveragePool with uneven pads");
  return torch::avg_pool2d(in.values[0], in.node.ints_or("kernel_shape", {}), in.node.ints_or("strides", {1, 1}),
                           {pads[0], pads[1]}, false, in.node.int_or("count_include_pad", 0) != 0);
}

torch::Tensor run_gemm(const NodeInputs& in) {
  const auto turned = [&](std::size_t input, const char* attribute) {
    const torch::Tensor x = in.values[input].to(torch::kFloat32);
    return in.node.int_or(attribute, 0) != 0 ? x.t() : x;
  };
  torch::Tensor y = turned(0, "transA").mm(turned(1, "transB")) * in.node.float_or("alpha", 1);
  if (in.values.size() > 2 && in.values[2].defined()) y = y + in.values[2] * in.node.float_or("beta", 1);
  return y;
}

torch::Tensor run_flatten(const NodeInputs& in) {
  const std::int64_t axis = in.node.int_or("axis", 1);
  TORCH_CHECK(axis == 1, "Flatten at axis ", axis);
  return in.values[0].flatten(1);
}

torch::Tensor run_reshape(const NodeInputs& in) {
  TORCH_CHECK(in.values[1].dim() == 1, "Reshape to no list");
  Ints dims(in.values[1].data_ptr<std::int64_t>(), in.values[1].data_ptr<std::int64_t>() + in.values[1].numel());
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0) dims[i] = in.values[0].size(static_cast<std::int64_t>(i));
  }
  // A batch of one in the file is any batch here.
  if (!dims.empty() && dims[0] == 1) dims[0] = in.values[0].size(0);
  return in.values[0].reshape(dims);
}

torch::Tensor run_concat(const NodeInputs& in) { return torch::cat(in.values, in.node.int_or("axis", 1)); }

torch::Tensor run_depth_to_space(const NodeInputs& in) {
  TORCH_CHECK(in.node.string_or("mode", "DCR") == "CRD", "DepthToSpace in the mode DCR");
  return torch::pixel_shuffle(in.values[0], in.node.int_or("blocksize", 1));
}

struct Row {
  std::string_view op_type;
  torch::Tensor (*run)(const NodeInputs& in);
};

constexpr std::array kRows{
    Row{"Add", [](const NodeInputs& in) { return in.values[0] + in.values[1]; }},
    Row{"AveragePool", run_average_pool},
    Row{"BatchNormalization", run_batch_normalization},
    Row{"Clip", run_clip},
    Row{"Concat", run_concat},
    Row{"Conv", run_conv},
    Row{"DepthToSpace", run_depth_to_space},
    Row{"Div", [](const NodeInputs& in) { return in.values[0] / in.values[1]; }},
    Row{"Dropout", [](const NodeInputs& in) { return in.values[0]; }},
    Row{"Flatten", run_flatten},
    Row{"Gemm", run_gemm},
    Row{"GlobalAveragePool", [](const NodeInputs& in) { return in.values[0].mean({2, 3}, true); }},
    Row{"GlobalMaxPool", [](const NodeInputs& in) { return in.values[0].amax({2, 3}, true); }},
    Row{"HardSigmoid",
        [](const NodeInputs& in) {
          return torch::clamp(in.values[0] * in.node.float_or("alpha", 0.2F) + in.node.float_or("beta", 0.5F), 0, 1);
        }},
    Row{"HardSwish", [](const NodeInputs& in) { return torch::hardswish(in.values[0]); }},
    Row{"Identity", [](const NodeInputs& in) { return in.values[0]; }},
    Row{"LeakyRelu",
        [](const NodeInputs& in) { return torch::leaky_relu(in.values[0], in.node.float_or("alpha", 0.01F)); }},
    Row{"MatMul", [](const NodeInputs& in) { return in.values[0].to(torch::kFloat32).matmul(in.values[1]); }},
    Row{"MaxPool", run_max_pool},
    Row{"Mul", [](const NodeInputs& in) { return in.values[0] * in.values[1]; }},
    Row{"Relu", [](const NodeInputs& in) { return torch::relu(in.values[0]); }},
    Row{"Reshape", run_reshape},
    Row{"Sigmoid", [](const NodeInputs& in) { return torch::sigmoid(in.values[0]); }},
    Row{"Softmax",
        [](const NodeInputs& in) {
          return torch::softmax(in.values[0].to(torch::kFloat32), in.node.int_or("axis", in.opset < 13 ? 1 : -1));
        }},
    Row{"Sub", [](const NodeInputs& in) { return in.values[0] - in.values[1]; }},
};

const Row* find_row(std::string_view op_type) {
  const auto found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.op_type == op_type; });
  return found == kRows.end() ? nullptr : &*found;
}

}  // namespace

bool node_supported(std::string_view op_type) { return find_row(op_type) != nullptr; }

torch::Tensor run_node(const NodeInputs& inputs) {
  const Row* row = find_row(inputs.node.op_type);
  TORCH_CHECK(row != nullptr, "no operator ", inputs.node.op_type);
  return row->run(inputs);
}

}  // namespace sluice::train::splitnet
