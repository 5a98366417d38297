// A classifier with exits whose answers can be told by hand. Pictures of 8 x 8, values from 0 to 1, three classes, one for each of red,
// green and blue: three convolutions that change nothing, then the channels' means times 40. Exits stand behind the first two and
// give the means times 4 and times 10.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/exit/staged_model.hpp"
#include "core/model/onnx_writer.hpp"

namespace sluice::exits::testing {

inline constexpr std::int64_t kSide = 8;
inline constexpr std::int64_t kClasses = 3;
// Multiply-adds: each convolution, and each head.
inline constexpr std::uint64_t kConvolution = kSide * kSide * kClasses * kClasses;
inline constexpr std::uint64_t kHead = kClasses * kClasses;
inline constexpr std::uint64_t kWhole = 3 * kConvolution + kHead;

inline std::vector<ExitPlace> toy_places() { return {{"relu_0", "exit_0"}, {"relu_1", "exit_1"}}; }

class ToyWriter {
 public:
  explicit ToyWriter(const char* name) : writer_(name) {}

  void input(const std::string& name, std::int64_t batch) {
    writer_.add_input(name, DataType::kFloat32, {batch, kClasses, kSide, kSide});
  }
  void convolution(const std::string& from, const std::string& to) {
    diagonal(to + "_weight", 1, {kClasses, kClasses, 1, 1}, kClasses);
    writer_.add_node("Conv", {from, to + "_weight"}, {to + "_sum"});
    writer_.add_node("Relu", {to + "_sum"}, {to});
  }
  void head(const std::string& from, const std::string& to, float scale, std::int64_t batch,
            std::int64_t classes = kClasses) {
    diagonal(to + "_weight", scale, {kClasses, classes}, classes);
    writer_.add_node("GlobalAveragePool", {from}, {to + "_pooled"});
    writer_.add_node("Flatten", {to + "_pooled"}, {to + "_row"});
    writer_.add_node("Gemm", {to + "_row", to + "_weight"}, {to});
    writer_.add_output(to, DataType::kFloat32, {batch, classes});
  }
  void add(const std::string& one, const std::string& other, const std::string& to) {
    writer_.add_node("Add", {one, other}, {to});
  }
  void output(const std::string& name, std::initializer_list<std::int64_t> dims) {
    writer_.add_output(name, DataType::kFloat32, dims);
  }
  std::string finish() const { return writer_.finish(); }

 private:
  void diagonal(const std::string& name, float value, const Shape& shape, std::int64_t columns) {
    std::vector<float> weights(static_cast<std::size_t>(kClasses * columns));
    for (std::int64_t i = 0; i < std::min(kClasses, columns); ++i) {
      weights[static_cast<std::size_t>(i * columns + i)] = value;
    }
    writer_.add_initializer(name, *view_of(std::span<const float>(weights), shape));
  }

  model::OnnxWriter writer_;
};

inline std::string toy_model(std::int64_t batch = -1) {
  ToyWriter writer("toy");
  writer.input("picture", batch);
  writer.convolution("picture", "relu_0");
  writer.convolution("relu_0", "relu_1");
  writer.convolution("relu_1", "relu_2");
  writer.head("relu_2", "logits", 40, batch);
  return writer.finish();
}

// `first`: what exit_0 multiplies by; no number makes its logits none.
inline std::string toy_branches(std::int64_t batch = -1, float first = 4, std::int64_t classes = kClasses) {
  ToyWriter writer("exits");
  writer.input("relu_0", batch);
  writer.input("relu_1", batch);
  writer.head("relu_0", "exit_0", first, batch);
  writer.head("relu_1", "exit_1", 10, batch, classes);
  return writer.finish();
}

// The largest of the softmax where one class has `scale` more than the two others.
inline float sure_of_one(float scale) { return 1 / (1 + 2 * std::exp(-scale)); }

}  // namespace sluice::exits::testing
