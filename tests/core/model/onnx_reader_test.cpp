#include "core/model/onnx_reader.hpp"

#include <doctest/doctest.h>

#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_message.hpp>
#include <random>
#include <string>

#include "core/model/onnx_schema.hpp"
#include "tests/core/model/onnx_builder.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::test;

namespace {

// input -> Conv -> Relu -> GlobalAveragePool -> Flatten -> Gemm -> output
std::string small_model() {
  OnnxBuilder builder;
  builder.float_input("image", {1, 3, 8, 8});
  builder.conv("image", "features", 3, 4, 3);
  builder.add_node("Relu", {"features"}, {"active"});
  builder.add_node("GlobalAveragePool", {"active"}, {"pooled"});
  builder.add_node("Flatten", {"pooled"}, {"flat"});
  builder.random_constant("w", Shape{4, 2});
  builder.add_node("Gemm", {"flat", "w"}, {"scores"});
  builder.float_output("scores", {1, 2});
  return builder.finish();
}

Result<Graph> read(const std::string& onnx, const ModelLimits& limits = {}) {
  return read_onnx(as_bytes(onnx), limits);
}

ErrorCode code_of(const std::string& onnx, const ModelLimits& limits = {}) {
  const auto graph = read(onnx, limits);
  REQUIRE(!graph.has_value());
  return graph.error().code;
}

std::string message_of(const std::string& onnx) {
  const auto graph = read(onnx);
  REQUIRE(!graph.has_value());
  return graph.error().message;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a small model becomes a graph with ids, constants and an order") {
  const std::string onnx = small_model();
  const auto graph = read(onnx);
  REQUIRE(graph.has_value());
  CHECK(graph->opset == 17);
  CHECK(graph->nodes.size() == 5);
  CHECK(graph->inputs.size() == 1);
  CHECK(graph->outputs.size() == 1);
  const Value& input = graph->values[graph->inputs[0]];
  CHECK(input.name == "image");
  CHECK(input.shape == Shape{1, 3, 8, 8});
  const Node& conv = graph->nodes[0];
  CHECK(conv.op_type == "Conv");
  CHECK(conv.int_or("group", 0) == 1);
  REQUIRE(graph->is_constant(conv.inputs[1]));
  CHECK(graph->values[conv.inputs[1]].constant->shape == Shape{4, 3, 3, 3});
}

TEST_CASE("weights stay views into the file where they are aligned, and are copies elsewhere") {
  OnnxBuilder builder;
  builder.float_input("x", {64});
  builder.random_constant("w", Shape{64});
  builder.add_node("Add", {"x", "w"}, {"y"});
  builder.float_output("y");
  const std::string onnx = builder.finish();
  std::size_t borrowed = 0;
  std::size_t copied = 0;
  for (std::size_t shift = 0; shift < sizeof(float); ++shift) {
    alignas(16) static std::byte buffer[4096];
    REQUIRE(shift + onnx.size() <= sizeof(buffer));
    std::memcpy(buffer + shift, onnx.data(), onnx.size());
    const Bytes file(buffer + shift, onnx.size());
    const auto graph = read_onnx(file, {});
    REQUIRE(graph.has_value());
    const TensorView& weights = *graph->values[graph->nodes[0].inputs[1]].constant;
    CHECK(reinterpret_cast<std::uintptr_t>(weights.bytes.data()) % sizeof(float) == 0);
    const bool inside = weights.bytes.data() >= file.data() && weights.bytes.data() < file.data() + file.size();
    (inside ? borrowed : copied) += 1;
  }
  // Behind the weights too little of the file follows for kernels that read ahead, so even aligned ones are copied here...
  CHECK(copied == 4);
  // ...and stay views when more follows.
  builder.random_constant("ballast", Shape{64});
  const std::string longer = builder.finish();
  for (std::size_t shift = 0; shift < sizeof(float); ++shift) {
    alignas(16) static std::byte buffer[4096];
    std::memcpy(buffer + shift, longer.data(), longer.size());
    const auto graph = read_onnx(Bytes(buffer + shift, longer.size()), {});
    REQUIRE(graph.has_value());
    const auto* data = graph->values[graph->nodes[0].inputs[1]].constant->bytes.data();
    borrowed += data >= buffer && data < buffer + sizeof(buffer) ? 1 : 0;
  }
  CHECK(borrowed == 1);
}

TEST_CASE("every truncation is refused") {
  const std::string onnx = small_model();
  for (std::size_t size = 0; size < onnx.size(); ++size) {
    const auto graph = read(onnx.substr(0, size));
    REQUIRE_MESSAGE(!graph.has_value(), "truncated to " << size << " bytes");
  }
}

TEST_CASE("no single changed byte crashes reading, loading or running") {
  std::string onnx = small_model();
  std::mt19937 random(7);
  const Tensor input = random_tensor(Shape{1, 3, 8, 8}, 1);
  std::size_t ran = 0;
  for (std::size_t at = 0; at < onnx.size(); ++at) {
    const char kept = onnx[at];
    onnx[at] = static_cast<char>(random());
    auto model = load(onnx);
    if (model && model->inputs().size() == 1) {
      const TensorView view = input.view();
      ran += model->run({&view, 1}).has_value() ? 1 : 0;
    }
    onnx[at] = kept;
  }
  CHECK(ran > 0);  // most bytes are weights
}

TEST_CASE("not ONNX at all") {
  CHECK(code_of("") == ErrorCode::kMalformedModel);
  CHECK(code_of("hello, this is text") == ErrorCode::kMalformedModel);
  CHECK(code_of(std::string(1000, '\xff')) == ErrorCode::kMalformedModel);
}

TEST_CASE("opsets outside the range are refused with both numbers") {
  for (const std::int64_t opset : {std::int64_t{0}, kMinOpset - 1, kMaxOpset + 1, std::int64_t{1000}}) {
    OnnxBuilder builder(opset);
    builder.float_input("x", {1});
    builder.add_node("Relu", {"x"}, {"y"});
    builder.float_output("y");
    CHECK(code_of(builder.finish()) == ErrorCode::kUnsupportedOpset);
    CHECK(contains(message_of(builder.finish()), std::to_string(opset)));
    CHECK(contains(message_of(builder.finish()), std::to_string(kMinOpset) + " to " + std::to_string(kMaxOpset)));
  }
}

TEST_CASE("a value that nothing produces is named") {
  OnnxBuilder builder;
  builder.float_input("x", {1});
  builder.add_node("Add", {"x", "ghost"}, {"y"});
  builder.float_output("y");
  CHECK(code_of(builder.finish()) == ErrorCode::kInvalidGraph);
  CHECK(contains(message_of(builder.finish()), "'ghost'"));
}

TEST_CASE("a node without its first input or output is refused before any pass looks for it") {
  for (const char* op :
       {"Relu", "Clip", "Conv", "BatchNormalization", "Transpose", "QuantizeLinear", "NoSuchOperator"}) {
    for (const std::vector<std::string>& inputs : {std::vector<std::string>{}, {""}, {"", "x"}}) {
      OnnxBuilder builder;
      builder.float_input("x", {1, 3, 4, 4});
      builder.add_node(op, inputs, {"y"}, {}, "lonely");
      builder.float_output("y");
      const auto loaded = load(builder.finish());
      REQUIRE_FALSE(loaded.has_value());
      CHECK(loaded.error().code == ErrorCode::kInvalidGraph);
      CHECK(loaded.error().message.find("lonely") != std::string::npos);
      CHECK(loaded.error().message.find("has no first input") != std::string::npos);
    }
    OnnxBuilder builder;
    builder.float_input("x", {1, 3, 4, 4});
    builder.add_node(op, {"x"}, {""}, {}, "mute");
    builder.float_output("x");
    const auto loaded = load(builder.finish());
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().message.find("has no first output") != std::string::npos);
  }
}

TEST_CASE("an output that nothing produces is named") {
  OnnxBuilder builder;
  builder.float_input("x", {1});
  builder.add_node("Relu", {"x"}, {"y"});
  builder.float_output("z");
  CHECK(contains(message_of(builder.finish()), "'z'"));
}

TEST_CASE("cycles are refused with a node on them") {
  OnnxBuilder builder;
  builder.float_input("x", {1});
  builder.add_node("Add", {"x", "b"}, {"a"}, {}, "first");
  builder.add_node("Relu", {"a"}, {"b"}, {}, "second");
  builder.float_output("b");
  CHECK(code_of(builder.finish()) == ErrorCode::kInvalidGraph);
  CHECK(contains(message_of(builder.finish()), "cycle"));
  CHECK(contains(message_of(builder.finish()), "first"));
}

TEST_CASE("nodes out of order are put in order") {
  OnnxBuilder builder;
  builder.float_input("x", {2});
  builder.add_node("Neg", {"a"}, {"b"});
  builder.add_node("Relu", {"x"}, {"a"});
  builder.float_output("b");
  const std::string onnx = builder.finish();
  const auto graph = read(onnx);
  REQUIRE(graph.has_value());
  CHECK(graph->nodes[0].op_type == "Relu");
  CHECK(graph->nodes[1].op_type == "Neg");
}

TEST_CASE("names defined twice are refused") {
  SUBCASE("by two nodes") {
    OnnxBuilder builder;
    builder.float_input("x", {1});
    builder.add_node("Relu", {"x"}, {"y"});
    builder.add_node("Neg", {"x"}, {"y"});
    builder.float_output("y");
    CHECK(code_of(builder.finish()) == ErrorCode::kInvalidGraph);
    CHECK(contains(message_of(builder.finish()), "'y' is defined twice"));
  }
  SUBCASE("by a node and an input") {
    OnnxBuilder builder;
    builder.float_input("x", {1});
    builder.add_node("Relu", {"x"}, {"x"});
    builder.float_output("x");
    CHECK(code_of(builder.finish()) == ErrorCode::kInvalidGraph);
  }
  SUBCASE("by two initialisers") {
    OnnxBuilder builder;
    builder.float_input("x", {1});
    builder.random_constant("w", Shape{1});
    builder.random_constant("w", Shape{1});
    builder.add_node("Add", {"x", "w"}, {"y"});
    builder.float_output("y");
    CHECK(code_of(builder.finish()) == ErrorCode::kInvalidGraph);
  }
}

TEST_CASE("an initialiser that is listed as an input too is a constant") {
  OnnxBuilder builder;
  builder.float_input("x", {1});
  builder.float_input("w", {1});
  builder.random_constant("w", Shape{1});
  builder.add_node("Add", {"x", "w"}, {"y"});
  builder.float_output("y");
  const std::string onnx = builder.finish();
  const auto graph = read(onnx);
  REQUIRE(graph.has_value());
  CHECK(graph->inputs.size() == 1);
}

TEST_CASE("Constant nodes become constants") {
  const float two[] = {2.0F, 3.0F};
  OnnxBuilder builder;
  builder.float_input("x", {2});
  builder.add_node("Constant", {}, {"c"},
                   {{"value", TensorView{DataType::kFloat32, Shape{2}, std::as_bytes(std::span(two))}}});
  builder.add_node("Constant", {}, {"d"}, {{"value_ints", std::vector<std::int64_t>{4, 5}}});
  builder.add_node("Add", {"x", "c"}, {"y"});
  builder.float_output("y");
  const std::string onnx = builder.finish();
  const auto graph = read(onnx);
  REQUIRE(graph.has_value());
  REQUIRE(graph->nodes.size() == 1);
  CHECK(graph->values[graph->nodes[0].inputs[1]].constant->as<float>()[1] == 3.0F);
}

namespace {

// A model whose only initialiser is written field by field.
template <typename Fill>
std::string with_tensor(Fill fill) {
  using namespace sluice::model::onnx;
  std::string graph_bytes;
  {
    protozero::pbf_builder<GraphField> graph(graph_bytes);
    protozero::pbf_builder<TensorField> tensor(graph, GraphField::kInitializer);
    tensor.add_string(TensorField::kName, "w");
    fill(tensor);
  }
  OnnxBuilder builder;
  builder.float_input("x", {1});
  builder.add_node("Add", {"x", "w"}, {"y"});
  builder.float_output("y");
  // Two GraphProto fields of a message are merged by no reader of ours: append the tensor to the graph itself.
  std::string bytes = builder.finish();
  protozero::pbf_message<ModelField> model(bytes);
  std::string graph;
  while (model.next()) {
    if (model.tag() == ModelField::kGraph) {
      graph = model.get_string();
    } else {
      model.skip();
    }
  }
  std::string result;
  protozero::pbf_builder<ModelField> out(result);
  out.add_int64(ModelField::kIrVersion, 8);
  {
    protozero::pbf_builder<OpsetField> opset(out, ModelField::kOpsetImport);
    opset.add_int64(OpsetField::kVersion, 17);
  }
  out.add_message(ModelField::kGraph, graph + graph_bytes);
  return result;
}

using TensorMessage = protozero::pbf_builder<sluice::model::onnx::TensorField>;
using Field = sluice::model::onnx::TensorField;

}  // namespace

TEST_CASE("tensors that claim more than they have are refused before anything is allocated") {
  SUBCASE("a huge shape without data") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      for (int i = 0; i < 8; ++i) tensor.add_int64(Field::kDims, std::int64_t{1} << 40);
      tensor.add_int32(Field::kDataType, 1);
    });
    CHECK(code_of(onnx) == ErrorCode::kModelTooLarge);
  }
  SUBCASE("a shape within the limit without data") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      tensor.add_int64(Field::kDims, 100'000'000);
      tensor.add_int32(Field::kDataType, 1);
    });
    CHECK(code_of(onnx) == ErrorCode::kMalformedModel);
    CHECK(contains(message_of(onnx), "'w'"));
  }
  SUBCASE("raw data of another size") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      tensor.add_int64(Field::kDims, 3);
      tensor.add_int32(Field::kDataType, 1);
      tensor.add_bytes(Field::kRawData, std::string(8, '\0'));
    });
    CHECK(code_of(onnx) == ErrorCode::kMalformedModel);
  }
  SUBCASE("a negative dimension") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      tensor.add_int64(Field::kDims, -3);
      tensor.add_int32(Field::kDataType, 1);
    });
    CHECK(code_of(onnx) == ErrorCode::kMalformedModel);
  }
  SUBCASE("nine dimensions") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      for (int i = 0; i < 9; ++i) tensor.add_int64(Field::kDims, 1);
      tensor.add_int32(Field::kDataType, 1);
      tensor.add_bytes(Field::kRawData, std::string(4, '\0'));
    });
    CHECK(code_of(onnx) == ErrorCode::kMalformedModel);
  }
  SUBCASE("booleans that are none") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      tensor.add_int64(Field::kDims, 1);
      tensor.add_int32(Field::kDataType, 9);
      tensor.add_bytes(Field::kRawData, "\x02");
    });
    CHECK(code_of(onnx) == ErrorCode::kMalformedModel);
  }
}

TEST_CASE("tensors that cannot be run are refused by name") {
  SUBCASE("data in another file") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      tensor.add_int64(Field::kDims, 1);
      tensor.add_int32(Field::kDataType, 1);
      tensor.add_int32(Field::kDataLocation, 1);
    });
    CHECK(contains(message_of(onnx), "'w' keeps its data in another file"));
  }
  SUBCASE("strings") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      tensor.add_int64(Field::kDims, 1);
      tensor.add_int32(Field::kDataType, 8);
      tensor.add_bytes(Field::kStringData, "text");
    });
    CHECK(code_of(onnx) == ErrorCode::kUnsupportedType);
  }
}

TEST_CASE("typed fields are read like raw data, packed or not") {
  SUBCASE("packed floats") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      const float values[] = {1.5F, -2.0F};
      tensor.add_int64(Field::kDims, 2);
      tensor.add_int32(Field::kDataType, 1);
      tensor.add_packed_float(Field::kFloatData, std::begin(values), std::end(values));
    });
    const auto graph = read(onnx);
    REQUIRE(graph.has_value());
    CHECK(graph->values[0].constant->as<float>()[1] == -2.0F);
  }
  SUBCASE("unpacked int32 as int8") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      tensor.add_int64(Field::kDims, 2);
      tensor.add_int32(Field::kDataType, 3);
      tensor.add_int32(Field::kInt32Data, -7);
      tensor.add_int32(Field::kInt32Data, 5);
    });
    const auto graph = read(onnx);
    REQUIRE(graph.has_value());
    CHECK(graph->values[0].constant->as<std::int8_t>()[0] == -7);
  }
  SUBCASE("a field that does not belong to the type") {
    const std::string onnx = with_tensor([](TensorMessage& tensor) {
      tensor.add_int64(Field::kDims, 1);
      tensor.add_int32(Field::kDataType, 1);
      tensor.add_int64(Field::kInt64Data, 1);
    });
    CHECK(code_of(onnx) == ErrorCode::kMalformedModel);
  }
}

TEST_CASE("limits are checked") {
  const std::string onnx = small_model();
  SUBCASE("bytes") {
    ModelLimits limits;
    limits.max_model_bytes = onnx.size() - 1;
    CHECK(code_of(onnx, limits) == ErrorCode::kModelTooLarge);
  }
  SUBCASE("nodes") {
    ModelLimits limits;
    limits.max_nodes = 4;
    CHECK(code_of(onnx, limits) == ErrorCode::kModelTooLarge);
  }
  SUBCASE("values") {
    ModelLimits limits;
    limits.max_values = 5;
    CHECK(code_of(onnx, limits) == ErrorCode::kModelTooLarge);
  }
  SUBCASE("one tensor") {
    ModelLimits limits;
    limits.max_tensor_bytes = 64;
    CHECK(code_of(onnx, limits) == ErrorCode::kModelTooLarge);
  }
}

TEST_CASE("subgraphs are refused by attribute and node") {
  using namespace sluice::model::onnx;
  std::string node_bytes;
  {
    protozero::pbf_builder<NodeField> node(node_bytes);
    node.add_string(NodeField::kOpType, "If");
    node.add_string(NodeField::kName, "choice");
    node.add_string(NodeField::kOutput, "y");
    protozero::pbf_builder<AttributeField> attribute(node, NodeField::kAttribute);
    attribute.add_string(AttributeField::kName, "then_branch");
    attribute.add_message(AttributeField::kGraph, std::string());
  }
  std::string bytes;
  {
    protozero::pbf_builder<ModelField> model(bytes);
    model.add_int64(ModelField::kIrVersion, 8);
    {
      protozero::pbf_builder<OpsetField> opset(model, ModelField::kOpsetImport);
      opset.add_int64(OpsetField::kVersion, 17);
    }
    protozero::pbf_builder<GraphField> graph(model, ModelField::kGraph);
    graph.add_message(GraphField::kNode, node_bytes);
  }
  CHECK(code_of(bytes) == ErrorCode::kUnsupportedOperator);
  CHECK(contains(message_of(bytes), "then_branch"));
  CHECK(contains(message_of(bytes), "choice"));
  CHECK(contains(message_of(bytes), "subgraph"));
}
