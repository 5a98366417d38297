#include "core/model/operator_lookup.hpp"

#include <doctest/doctest.h>

#include "tests/core/model/onnx_builder.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::test;

namespace {

std::string one_node(const std::string& op_type, const std::string& domain = {}) {
  OnnxBuilder builder;
  builder.float_input("x", {1, 4});
  builder.add_node(op_type, {"x"}, {"y"}, {}, "the_node", domain);
  builder.float_output("y");
  return builder.finish();
}

}  // namespace

TEST_CASE("an unknown operator is refused with the operator, the node and the nearest one") {
  const std::string error = error_of(one_node("Reluu"));
  CHECK(error.c_str() == doctest::Contains("unsupported_operator"));
  CHECK(error.c_str() == doctest::Contains("Reluu"));
  CHECK(error.c_str() == doctest::Contains("'the_node'"));
  CHECK(error.c_str() == doctest::Contains("nearest supported operator is Relu"));
}

TEST_CASE("operators that have a usual substitute get it named") {
  CHECK(nearest_operator(gate_operators(), "Swish") == "Sigmoid");
  CHECK(nearest_operator(gate_operators(), "ReduceMean") == "GlobalAveragePool");
  CHECK(nearest_operator(gate_operators(), "LSTM") == "Conv");
  CHECK(nearest_operator(all_operators(), "Conv") == "Conv");
}

TEST_CASE("a foreign domain is named") {
  const std::string error = error_of(one_node("FusedConv", "com.microsoft"));
  CHECK(error.c_str() == doctest::Contains("com.microsoft"));
}

TEST_CASE("our own domains cannot be used by a file") {
  CHECK(error_of(one_node("Conv", "sluice.nhwc")).c_str() == doctest::Contains("which no file may use"));
}

TEST_CASE("an empty operator set is refused") {
  const auto model = load(one_node("Relu"), true, OperatorSet{});
  REQUIRE(!model.has_value());
  CHECK(model.error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("a hostile operator name stays short in the message") {
  const std::string error = error_of(one_node(std::string(100'000, 'A')));
  CHECK(error.size() < 1000);
}
