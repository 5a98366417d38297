#include "tests/server/endless_model.hpp"

#include <initializer_list>
#include <protozero/pbf_writer.hpp>
#include <vector>

namespace sluice::test {
namespace {

using protozero::pbf_writer;

// Numbers of onnx.proto.
enum Type : std::int32_t { kFloat = 1, kInt64 = 7, kBool = 9 };
enum Graph : std::uint32_t { kNode = 1, kGraphName = 2, kInput = 11, kOutput = 12 };
constexpr std::int32_t kIntAttribute = 2;
constexpr std::int32_t kGraphAttribute = 5;

std::string value(const char* name, Type type, const std::vector<std::int64_t>& dims) {
  std::string shape;
  pbf_writer shape_writer(shape);
  for (const std::int64_t size : dims) {
    pbf_writer dim(shape_writer, 1);
    dim.add_int64(1, size);
  }
  std::string info;
  pbf_writer writer(info);
  writer.add_string(1, name);
  pbf_writer outer(writer, 2);
  pbf_writer tensor(outer, 1);
  tensor.add_int32(1, type);
  tensor.add_message(2, shape);
  return info;
}

std::string integer(const char* name, std::int64_t number) {
  std::string attribute;
  pbf_writer writer(attribute);
  writer.add_string(1, name);
  writer.add_int64(3, number);
  writer.add_int32(20, kIntAttribute);
  return attribute;
}

std::string node(const char* type, std::initializer_list<const char*> inputs,
                 std::initializer_list<const char*> outputs, const std::string& attribute = {}) {
  std::string text;
  pbf_writer writer(text);
  for (const char* input : inputs) writer.add_string(1, input);
  for (const char* output : outputs) writer.add_string(2, output);
  writer.add_string(4, type);
  if (!attribute.empty()) writer.add_message(5, attribute);
  return text;
}

}  // namespace

std::string endless_onnx(std::uint32_t side) {
  const std::vector<std::int64_t> picture{1, 3, side, side};
  std::string body;
  {
    pbf_writer graph(body);
    graph.add_message(kNode, node("Identity", {"go_on"}, {"go_on_again"}));
    graph.add_message(kNode, node("Neg", {"before"}, {"after"}));
    graph.add_string(kGraphName, "body");
    graph.add_message(kInput, value("turn", kInt64, {}));
    graph.add_message(kInput, value("go_on", kBool, {}));
    graph.add_message(kInput, value("before", kFloat, picture));
    graph.add_message(kOutput, value("go_on_again", kBool, {}));
    graph.add_message(kOutput, value("after", kFloat, picture));
  }
  std::string loop;
  {
    pbf_writer attribute(loop);
    attribute.add_string(1, "body");
    attribute.add_message(6, body);
    attribute.add_int32(20, kGraphAttribute);
  }
  std::string model;
  pbf_writer writer(model);
  writer.add_int64(1, 8);  // ir_version
  {
    pbf_writer graph(writer, 7);
    graph.add_message(kNode, node("ReduceMax", {"input"}, {"largest"}, integer("keepdims", 0)));
    graph.add_message(kNode, node("Cast", {"largest"}, {"turns"}, integer("to", kInt64)));
    graph.add_message(kNode, node("Loop", {"turns", "", "input"}, {"output"}, loop));
    graph.add_string(kGraphName, "endless");
    graph.add_message(kInput, value("input", kFloat, picture));
    graph.add_message(kOutput, value("output", kFloat, picture));
  }
  pbf_writer opset(writer, 8);
  opset.add_int64(2, 13);
  return model;
}

}  // namespace sluice::test
