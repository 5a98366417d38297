// Writes an ONNX model: what the trainer exports and the benches and tests generate. Collects inputs, outputs, weights and
// nodes in the order in which they are to stand (nodes after those they read from) and serialises them in finish().
// Owns copies of all it is given. Nothing is checked beyond what the format needs: Model::load() does that.
// Source: onnx/onnx.proto of the ONNX specification; IR version 8.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/graph.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::model {

class OnnxWriter {
 public:
  static constexpr std::int64_t kIrVersion = 8;

  using Names = std::vector<std::string>;

  explicit OnnxWriter(std::string graph_name, std::int64_t opset = 17);

  // A dimension of -1 is left open, under the name "batch" for the first and "dN" for the others.
  void add_input(std::string_view name, DataType type, std::span<const std::int64_t> dims);
  void add_output(std::string_view name, DataType type, std::span<const std::int64_t> dims);
  void add_input(std::string_view name, DataType type, std::initializer_list<std::int64_t> dims) {
    add_input(name, type, std::span(dims.begin(), dims.size()));
  }
  void add_output(std::string_view name, DataType type, std::initializer_list<std::int64_t> dims) {
    add_output(name, type, std::span(dims.begin(), dims.size()));
  }

  // Constants of any DataType; the elements are written as raw data.
  void add_initializer(std::string_view name, const TensorView& tensor);

  // Empty names stand for omitted inputs and outputs.
  void add_node(std::string_view op_type, const Names& inputs, const Names& outputs,
                const std::vector<Attribute>& attributes = {}, std::string_view name = {},
                std::string_view domain = {});

  // The bytes of the model.
  std::string finish() const;

 private:
  std::string graph_name_;
  std::int64_t opset_;
  std::string inputs_;  // serialised fields of the graph, by kind
  std::string outputs_;
  std::string initializers_;
  std::string nodes_;
};

}  // namespace sluice::model
