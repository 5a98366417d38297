// Which models may run on the I/O thread: those whose work follows from their input's shape.
#include <doctest/doctest.h>

#include "core/model/onnx_writer.hpp"
#include "server/bench/identity_model.hpp"
#include "server/models/open_ended.hpp"

using namespace sluice;
using server::is_open_ended;

namespace {

std::string model_of(std::initializer_list<const char*> operators) {
  model::OnnxWriter writer("chain");
  writer.add_input("x", DataType::kFloat32, {1, 4});
  writer.add_output("y", DataType::kFloat32, {1, 4});
  std::string last = "x";
  for (const char* type : operators) {
    const std::string next = last + "_";
    writer.add_node(type, {last}, {next});
    last = next;
  }
  writer.add_node("Identity", {last}, {"y"});
  return writer.finish();
}

}  // namespace

TEST_CASE("operators whose work follows from their inputs' shapes make no open-ended model") {
  CHECK_FALSE(is_open_ended(as_bytes(server::identity_onnx(4))));
  CHECK_FALSE(is_open_ended(as_bytes(model_of({"Abs", "Relu", "Softmax", "Where"}))));
}

TEST_CASE("one other operator does, known or not") {
  for (const char* type :
       {"Slice", "Range", "Reshape", "TopK", "NonMaxSuppression", "Resize", "Tile", "Loop", "Mine", ""})
    CHECK_MESSAGE(is_open_ended(as_bytes(model_of({"Relu", type, "Relu"}))), type);
}

TEST_CASE("so do functions of the model's own, whatever stands before them, and what cannot be read") {
  std::string functions = model_of({"Relu"});
  functions += "\xCA\x01";  // field 25, length-delimited
  functions += '\0';
  CHECK(is_open_ended(as_bytes(functions)));
  const std::string whole = model_of({"Relu"});
  CHECK(is_open_ended(as_bytes(std::string_view(whole).substr(0, whole.size() - 3))));
}
