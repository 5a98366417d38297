// Writes the seed models of the ONNX fuzz target to a folder: one small network for each family of code that reads a model's
// bytes, so that mutations reach it. Run by hand when a family is added: write_onnx_corpus tests/fuzz/corpus/onnx
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "core/model/onnx_writer.hpp"

namespace {

using sluice::DataType;
using sluice::DataTypeOf;
using sluice::Shape;
using sluice::model::OnnxWriter;
using Ints = std::vector<std::int64_t>;

template <typename T>
void constant(OnnxWriter& writer, const std::string& name, const Shape& shape, const std::vector<T>& values) {
  writer.add_initializer(name, {data_type_of<T>, shape, std::as_bytes(std::span(values))});
}

template <typename T>
std::vector<T> ramp(std::size_t count) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<T>(static_cast<int>(i % 7) - 3);
  return values;
}

// Convolution, normalisation, activation, residual, pools and a classifier.
std::string network() {
  OnnxWriter writer("network");
  writer.add_input("x", DataType::kFloat32, {1, 2, 6, 6});
  constant(writer, "w", Shape{2, 2, 3, 3}, ramp<float>(36));
  constant(writer, "p", Shape{2}, std::vector<float>{0.5F, 1.0F});
  constant(writer, "pads", Shape{8}, Ints{0, 0, 1, 1, 0, 0, 1, 1});
  writer.add_node("Pad", {"x", "pads"}, {"padded"});
  writer.add_node("Conv", {"padded", "w", "p"}, {"c"}, {{"kernel_shape", Ints{3, 3}}});
  writer.add_node("BatchNormalization", {"c", "p", "p", "p", "p"}, {"n"});
  writer.add_node("Relu", {"n"}, {"r"});
  writer.add_node("Add", {"r", "x"}, {"s"});
  writer.add_node("MaxPool", {"s"}, {"m"}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  writer.add_node("GlobalAveragePool", {"m"}, {"g"});
  writer.add_node("Flatten", {"g"}, {"f"});
  constant(writer, "d", Shape{2, 3}, ramp<float>(6));
  writer.add_node("Gemm", {"f", "d"}, {"y"});
  writer.add_output("y", DataType::kFloat32, {1, 3});
  return writer.finish();
}

std::string quantised() {
  OnnxWriter writer("quantised");
  writer.add_input("x", DataType::kFloat32, {1, 2, 4, 4});
  constant(writer, "s", Shape{}, std::vector<float>{0.05F});
  constant(writer, "z", Shape{}, std::vector<std::uint8_t>{128});
  constant(writer, "w", Shape{2, 2, 1, 1}, ramp<std::int8_t>(4));
  constant(writer, "ws", Shape{2}, std::vector<float>{0.1F, 0.2F});
  constant(writer, "wz", Shape{2}, std::vector<std::int8_t>{0, 0});
  writer.add_node("QuantizeLinear", {"x", "s", "z"}, {"xq"});
  writer.add_node("DequantizeLinear", {"xq", "s", "z"}, {"xd"});
  writer.add_node("DequantizeLinear", {"w", "ws", "wz"}, {"wd"}, {{"axis", std::int64_t{0}}});
  writer.add_node("Conv", {"xd", "wd"}, {"c"});
  writer.add_node("QuantizeLinear", {"c", "s", "z"}, {"cq"});
  writer.add_node("DequantizeLinear", {"cq", "s", "z"}, {"cd"});
  writer.add_node("Add", {"cd", "xd"}, {"a"});
  writer.add_node("QuantizeLinear", {"a", "s", "z"}, {"aq"});
  writer.add_node("DequantizeLinear", {"aq", "s", "z"}, {"y"});
  writer.add_output("y", DataType::kFloat32, {1, 2, 4, 4});
  return writer.finish();
}

// Shapes that are computed, axes that are remapped, values that decide shapes.
std::string shapes() {
  OnnxWriter writer("shapes");
  writer.add_input("x", DataType::kFloat32, {-1, 4, 4, 4});
  writer.add_input("target", DataType::kInt64, {2});
  constant(writer, "w", Shape{4, 1, 1, 1}, ramp<float>(4));
  writer.add_node("Conv", {"x", "w"}, {"c"}, {{"group", std::int64_t{4}}, {"auto_pad", std::string("SAME_UPPER")}});
  constant(writer, "starts", Shape{1}, Ints{0});
  constant(writer, "ends", Shape{1}, Ints{2});
  constant(writer, "axes", Shape{1}, Ints{1});
  writer.add_node("Slice", {"c", "starts", "ends", "axes"}, {"cut"});
  writer.add_node("Concat", {"cut", "cut"}, {"cat"}, {{"axis", std::int64_t{1}}});
  constant(writer, "scales", Shape{4}, std::vector<float>{1, 1, 2, 2});
  writer.add_node("Resize", {"cat", "", "scales"}, {"big"}, {{"mode", std::string("nearest")}});
  writer.add_node("Transpose", {"big"}, {"t"}, {{"perm", Ints{0, 2, 3, 1}}});
  writer.add_node("Shape", {"t"}, {"dims"});
  writer.add_node("Reshape", {"t", "dims"}, {"again"});
  writer.add_node("Reshape", {"again", "target"}, {"y"});
  writer.add_node("ReduceMean", {"cat"}, {"mean"}, {{"axes", Ints{2, 3}}, {"keepdims", std::int64_t{0}}});
  writer.add_output("y", DataType::kFloat32, {-1, -1});
  writer.add_output("mean", DataType::kFloat32, {-1, 4});
  return writer.finish();
}

// Every kind of attribute, and a Constant node.
std::string attributes() {
  const std::vector<float> values = {1.0F, 2.0F};
  OnnxWriter writer("attributes");
  writer.add_input("x", DataType::kFloat32, {2});
  writer.add_node("Constant", {}, {"c"},
                  {{"value", sluice::TensorView{DataType::kFloat32, Shape{2}, std::as_bytes(std::span(values))}}});
  writer.add_node("Constant", {}, {"d"}, {{"value_floats", values}});
  writer.add_node("LeakyRelu", {"x"}, {"l"}, {{"alpha", 0.3F}});
  writer.add_node("Sum", {"l", "c", "d"}, {"y"});
  writer.add_output("y", DataType::kFloat32, {2});
  return writer.finish();
}

bool write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[1];
  const bool written =
      write_file(folder + "/network.onnx", network()) && write_file(folder + "/quantised.onnx", quantised()) &&
      write_file(folder + "/shapes.onnx", shapes()) && write_file(folder + "/attributes.onnx", attributes());
  return written ? 0 : 1;
}
