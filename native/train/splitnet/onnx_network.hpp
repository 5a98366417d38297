// A classifier that comes as ONNX, or the part of it behind a tensor, as a LibTorch module: it computes the graph's nodes with
// the file's weights, which can be trained further, and can be put into an ONNX graph again. Normalisations keep the
// statistics they have. For users' own models: the whole graph teaches, and its part behind the cut becomes the remote network.
// Owns copies of the weights and of the file. kUnsupportedOperator names a node that is none of those that classifiers of
// pictures are made of; kNotFound a tensor that is not there; kInvalidArgument a cut that does not cut.
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/graph.hpp"
#include "native/train/onnx_export.hpp"
#include "native/train/splitnet/arithmetic.hpp"

namespace sluice::train::splitnet {

// A tensor through which all passes that the answer depends on.
struct CutPoint {
  std::string name;
  std::size_t node = 0;  // that makes it, in the graph's order
};

class OnnxNetworkImpl : public torch::nn::Module {
 public:
  // `from`: empty for the graph's input. The graph's first output is computed.
  static Result<std::shared_ptr<OnnxNetworkImpl>> load(std::string onnx, const std::string& from,
                                                       Arithmetic arithmetic);

  torch::Tensor forward(const torch::Tensor& x);

  // The tensors at which the loaded part could be cut, in the order of the graph.
  std::vector<CutPoint> cut_points() const;
  // What stands at one of them, for the shape. Throws std::out_of_range for another name.
  torch::Tensor value_at(const std::string& name, const torch::Tensor& x);

  // What stands at several, and the output, in one run.
  struct Values {
    std::vector<torch::Tensor> named;
    torch::Tensor output;
  };
  Values values_at(const std::vector<std::string>& names, const torch::Tensor& x);
  // Of a graph that is no chain, for people: the first node that reads around the tensor before it.
  std::string first_bypass() const;

  std::int64_t opset() const { return graph_.opset; }

  // Writes the nodes into `graph`, reading from `input` there; returns the output's name.
  std::string write(OnnxExport& graph, const std::string& input) const;

 private:
  OnnxNetworkImpl() = default;
  Result<void> widen_weights();
  Result<void> keep_part(const std::string& from);
  Result<void> take_weights();
  model::ValueId find_value(const std::string& name) const;
  std::vector<torch::Tensor> run(const torch::Tensor& x, model::ValueId until);  // values, by their numbers

  std::string onnx_;    // the graph's constants lie in it
  model::Graph graph_;  // nodes of the part alone
  model::ValueId input_ = model::kNoValue;
  model::ValueId output_ = model::kNoValue;
  std::vector<torch::Tensor> constants_;  // by value; parameters and buffers of this module, or whole numbers
  Arithmetic arithmetic_ = Arithmetic::kFloat32;
};
TORCH_MODULE(OnnxNetwork);

}  // namespace sluice::train::splitnet
