// Puts trained layers into an ONNX graph, one node after the other. Names of nodes and weights are made here, other ones than those of the
// inputs, which are declared first; what comes back is the name of a node's output. Tensors are copied.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/onnx_writer.hpp"

namespace sluice::train {

// How large weights are stored. What is computed with is float32 either way: a Cast, which engines do once as they load the model.
enum class WeightForm : std::uint8_t { kFloat32, kFloat16 };

class OnnxExport {
 public:
  using Ints = std::vector<std::int64_t>;

  // -1 as the first dimension of an input or output leaves the batch open.
  explicit OnnxExport(std::string_view graph_name, std::int64_t opset = 13, WeightForm form = WeightForm::kFloat32);

  void input(std::string_view name, const Ints& dims);
  std::string node(std::string_view op_type, const model::OnnxWriter::Names& inputs,
                   const std::vector<model::Attribute>& attributes = {}, std::string output = {});
  // Weights as LibTorch has them, [out, in / groups, side, side]; as many zeros on each side as `pad` says.
  std::string convolution(const std::string& input, const torch::Tensor& weight, const torch::Tensor& bias,
                          std::int64_t stride, std::int64_t pad, std::int64_t groups);
  // int64 stays int64, all else is float32 to whatever reads it.
  std::string constant(const torch::Tensor& tensor);
  void output(const std::string& name, const Ints& dims) { writer_.add_output(name, DataType::kFloat32, dims); }
  std::string finish() const { return writer_.finish(); }

 private:
  std::string new_name(std::string_view kind, int& count) const;

  model::OnnxWriter writer_;
  WeightForm form_;
  std::set<std::string, std::less<>> inputs_;
  int nodes_ = 0;
  int constants_ = 0;
};

}  // namespace sluice::train
