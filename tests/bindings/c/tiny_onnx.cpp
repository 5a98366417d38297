#include "tests/bindings/c/tiny_onnx.hpp"

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <protozero/pbf_writer.hpp>

namespace sluice::c::test {
namespace {

using protozero::pbf_writer;

// Field numbers are those of onnx.proto.
void add_node(pbf_writer& graph, std::string_view type, std::initializer_list<const char*> inputs, const char* output,
              const char* integer_attribute = nullptr) {
  pbf_writer node(graph, 1);
  for (const char* input : inputs) node.add_string(1, input);
  node.add_string(2, output);
  node.add_string(4, type.data(), type.size());
  if (integer_attribute != nullptr) {
    pbf_writer attribute(node, 5);
    attribute.add_string(1, integer_attribute);
    attribute.add_int64(3, 1);
    attribute.add_enum(20, 2);
  }
}

void add_constant(pbf_writer& graph, const char* name, const std::vector<std::int64_t>& dims,
                  const std::vector<float>& values) {
  pbf_writer tensor(graph, 5);
  for (const std::int64_t dim : dims) tensor.add_int64(1, dim);
  tensor.add_int32(2, 1);
  tensor.add_string(8, name);
  tensor.add_bytes(9, reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

void add_value(pbf_writer& graph, protozero::pbf_tag_type field, const char* name,
               std::initializer_list<std::int64_t> dims) {
  pbf_writer value(graph, field);
  value.add_string(1, name);
  pbf_writer type(value, 2);
  pbf_writer tensor(type, 1);
  tensor.add_int32(1, 1);
  pbf_writer shape(tensor, 2);
  for (const std::int64_t size : dims) {
    pbf_writer dim(shape, 1);
    dim.add_int64(1, size);
  }
}

template <typename Fill>
std::string make_model(Fill&& fill) {
  std::string bytes;
  pbf_writer model(bytes);
  model.add_int64(1, 8);
  {
    pbf_writer graph(model, 7);
    graph.add_string(2, "test");
    fill(graph);
  }
  pbf_writer opset(model, 8);
  opset.add_string(1, "");
  opset.add_int64(2, 13);
  return bytes;
}

}  // namespace

std::string brightness_gate(int side) {
  return make_model([side](pbf_writer& graph) {
    add_node(graph, "GlobalAveragePool", {"picture"}, "pooled");
    add_node(graph, "Flatten", {"pooled"}, "flat", "axis");
    add_node(graph, "Gemm", {"flat", "weight", "bias"}, "logit");
    add_node(graph, "Sigmoid", {"logit"}, "score");
    const float weight = 20.0F / 3.0F;
    add_constant(graph, "weight", {3, 1}, {weight, weight, weight});
    add_constant(graph, "bias", {1}, {-10.0F});
    add_value(graph, 11, "picture", {1, 3, side, side});
    add_value(graph, 12, "score", {1, 1});
  });
}

std::string mean_colour(int side) {
  return make_model([side](pbf_writer& graph) {
    add_node(graph, "GlobalAveragePool", {"picture"}, "pooled");
    add_node(graph, "Flatten", {"pooled"}, "mean", "axis");
    add_value(graph, 11, "picture", {1, 3, side, side});
    add_value(graph, 12, "mean", {1, 3});
  });
}

std::string mean_over_time(int channels, int length) {
  return make_model([channels, length](pbf_writer& graph) {
    add_node(graph, "GlobalAveragePool", {"window"}, "pooled");
    add_node(graph, "Flatten", {"pooled"}, "mean", "axis");
    add_value(graph, 11, "window", {1, channels, length});
    add_value(graph, 12, "mean", {1, channels});
  });
}

std::string window_manifest(const std::string& input) {
  return R"({"format": 2, "name": "window", "version": "1.0.0",
    "parts": [{"name": "model", "file": "model.onnx", "bytes": 1, "sha256": ")" +
         std::string(64, '0') + R"("}],
    "model": {"part": "model", "input": )" +
         input + R"(, "output": {"decoder": "none"}}})";
}

sluice_bundle* open_bundle(const std::string& manifest) {
  sluice_bundle* bundle = nullptr;
  sluice_error error{};
  error.struct_size = sizeof(error);
  const sluice_status status = sluice_bundle_open(manifest.data(), manifest.size(), &bundle, &error);
  INFO(std::string(error.text, error.text_length));
  REQUIRE(status == SLUICE_OK);
  return bundle;
}

sluice_input gray_input(const unsigned char* pixels, std::uint32_t width, std::uint32_t height) {
  sluice_input input{};
  input.struct_size = sizeof(input);
  input.modality = SLUICE_IMAGE;
  input.format = SLUICE_GRAY8;
  input.width = width;
  input.height = height;
  input.bytes = {pixels, std::uint64_t{width} * height};
  return input;
}

std::string bright_manifest() {
  const std::string hash(64, '0');
  const auto input = [](int side) {
    const std::string size = std::to_string(side);
    return R"("input": {"width": )" + size + R"(, "height": )" + size +
           R"(, "fit": "stretch", "channels": "rgb", "mean": [0, 0, 0], "scale": [0.00392156862745098, 0.00392156862745098,
               0.00392156862745098], "fill": 0})";
  };
  return R"({"format": 1, "name": "bright", "version": "1.0.0", "description": "",
    "parts": [{"name": "filter", "file": "filter.onnx", "bytes": 1, "sha256": ")" +
         hash + R"("},
              {"name": "model", "file": "model.onnx", "bytes": 1, "sha256": ")" +
         hash + R"("}],
    "model": {"part": "model", )" +
         input(32) + R"(, "output": {"decoder": "none", "score_threshold": 0.5, "nms_iou": 0.4}},
    "skip": {"part": "filter", )" +
         input(16) + R"(, "redundant_when": "count == 0",
      "operating_points": [{"target": 0.8, "confidence": 0.95, "threshold": 0.9, "filter_rate": 0.7},
                           {"target": 0.9, "confidence": 0.95, "threshold": 0.5, "filter_rate": 0.5}],
      "default_target": 0.9}})";
}

}  // namespace sluice::c::test
