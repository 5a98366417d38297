// Small ONNX models for tests: an OnnxWriter with shorthands for weights and for loading what it wrote.
#pragma once

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/model/model.hpp"
#include "core/model/onnx_writer.hpp"

namespace sluice::model::test {

// A tensor of seeded values in [-1, 1).
inline Tensor random_tensor(const Shape& shape, std::uint32_t seed) {
  auto tensor = Tensor::create(DataType::kFloat32, shape);
  REQUIRE(tensor.has_value());
  std::mt19937 random(seed);
  for (float& value : tensor->as<float>()) value = static_cast<float>(random() % 2048) / 1024.0F - 1.0F;
  return std::move(*tensor);
}

class OnnxBuilder : public OnnxWriter {
 public:
  explicit OnnxBuilder(std::int64_t opset = 17) : OnnxWriter("test", opset) {}

  template <typename T>
  void constant(const std::string& name, const Shape& shape, const std::vector<T>& values) {
    REQUIRE(shape.element_count() == values.size());
    add_initializer(name, {data_type_of<T>, shape, std::as_bytes(std::span(values))});
  }

  void random_constant(const std::string& name, const Shape& shape) {
    add_initializer(name, random_tensor(shape, ++seed_).view());
  }

  // Conv with random weights [outputs, inputs / group, kernel, kernel] and a bias.
  void conv(const std::string& input, const std::string& output, std::int64_t inputs, std::int64_t outputs,
            std::int64_t kernel, std::vector<Attribute> attributes = {}, std::int64_t group = 1) {
    random_constant(output + "_w", Shape{outputs, inputs / group, kernel, kernel});
    random_constant(output + "_b", Shape{outputs});
    attributes.push_back({"group", group});
    add_node("Conv", {input, output + "_w", output + "_b"}, {output}, attributes, output + "_conv");
  }

  void float_input(const std::string& name, std::initializer_list<std::int64_t> dims) {
    add_input(name, DataType::kFloat32, dims);
  }
  void float_output(const std::string& name, std::initializer_list<std::int64_t> dims = {}) {
    add_output(name, DataType::kFloat32, dims);
  }

 private:
  std::uint32_t seed_ = 100;
};

inline Result<Model> load(const std::string& onnx, bool optimize = true, OperatorSet operators = all_operators()) {
  LoadOptions options;
  options.operators = operators;
  options.optimize = optimize;
  return Model::load(as_bytes(onnx), options);
}

inline std::string error_of(const std::string& onnx, OperatorSet operators = all_operators()) {
  const auto model = load(onnx, true, operators);
  REQUIRE(!model.has_value());
  return describe(model.error());
}

// The outputs of one run as owned tensors.
inline std::vector<Tensor> run(Model& model, const std::vector<TensorView>& inputs) {
  const auto done = model.run(inputs);
  REQUIRE_MESSAGE(done.has_value(), (done ? std::string() : describe(done.error())));
  std::vector<Tensor> outputs;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    auto copy = Tensor::copy_of(model.output(i));
    REQUIRE(copy.has_value());
    outputs.push_back(std::move(*copy));
  }
  return outputs;
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  REQUIRE(a.type() == b.type());
  double largest = 0.0;
  const auto x = a.as<float>();
  const auto y = b.as<float>();
  for (std::size_t i = 0; i < x.size(); ++i) largest = std::max(largest, static_cast<double>(std::abs(x[i] - y[i])));
  return largest;
}

// Loads with and without the passes, runs both on the same random inputs and compares every output. Open dimensions of
// inputs become `open_dim`. Returns the number of nodes that run after the passes.
inline std::size_t check_passes_keep_results(const std::string& onnx, double tolerance, std::int64_t open_dim = 1) {
  auto optimised = load(onnx, true);
  auto plain = load(onnx, false);
  REQUIRE_MESSAGE(optimised.has_value(), (optimised ? std::string() : describe(optimised.error())));
  REQUIRE_MESSAGE(plain.has_value(), (plain ? std::string() : describe(plain.error())));
  std::vector<Tensor> inputs;
  for (const TensorInfo& info : plain->inputs()) {
    auto dims = info.dims;
    for (std::int64_t& dim : dims) dim = dim < 0 ? open_dim : dim;
    inputs.push_back(random_tensor(*Shape::make(dims), static_cast<std::uint32_t>(inputs.size() + 1)));
  }
  std::vector<TensorView> views;
  for (const Tensor& input : inputs) views.push_back(input.view());
  const auto expected = run(*plain, views);
  const auto actual = run(*optimised, views);
  REQUIRE(expected.size() == actual.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(largest_difference(expected[i], actual[i]) <= tolerance);
  return optimised->stats().nodes_run;
}

}  // namespace sluice::model::test
