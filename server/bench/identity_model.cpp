#include "server/bench/identity_model.hpp"

#include <initializer_list>
#include <protozero/pbf_writer.hpp>

namespace sluice::server {

namespace {

using protozero::pbf_writer;

// Field numbers of onnx.proto: ValueInfoProto name 1, type 2; TypeProto tensor_type 1; Tensor elem_type 1, shape 2; dim 1;
// dim_value 1.
std::string value_info(const char* name, std::uint32_t side) {
  std::string shape;
  pbf_writer shape_writer(shape);
  for (const std::int64_t size : {std::int64_t{1}, std::int64_t{3}, std::int64_t{side}, std::int64_t{side}}) {
    pbf_writer dim(shape_writer, 1);
    dim.add_int64(1, size);
  }
  std::string info;
  pbf_writer writer(info);
  writer.add_string(1, name);
  pbf_writer type(writer, 2);
  pbf_writer tensor(type, 1);
  tensor.add_int32(1, 1);  // float32
  tensor.add_message(2, shape);
  return info;
}

}  // namespace

std::string identity_onnx(std::uint32_t side) {
  std::string model;
  pbf_writer writer(model);
  writer.add_int64(1, 8);  // ir_version
  {
    pbf_writer graph(writer, 7);
    {
      pbf_writer node(graph, 1);
      node.add_string(1, "input");
      node.add_string(2, "output");
      node.add_string(4, "Identity");
    }
    graph.add_string(2, "identity");
    graph.add_message(11, value_info("input", side));
    graph.add_message(12, value_info("output", side));
  }
  pbf_writer opset(writer, 8);
  opset.add_int64(2, 13);
  return model;
}

}  // namespace sluice::server
