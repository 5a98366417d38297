#include <doctest/doctest.h>

#include "core/model/onnx_writer.hpp"
#include "native/cli/model_inspection.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/child_process.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using sluice::test::contains;
using sluice::test::run_program;
using sluice::test::TemporaryFolder;

namespace {

std::string convolution_model() {
  const std::vector<float> weights(8 * 3 * 3 * 3, 0.1F);
  model::OnnxWriter writer("convolution");
  writer.add_input("picture", DataType::kFloat32, {1, 3, 8, 8});
  writer.add_output("features", DataType::kFloat32, {1, 8, 6, 6});
  writer.add_initializer("weights", *view_of(std::span<const float>(weights), {8, 3, 3, 3}));
  writer.add_node("Conv", {"picture", "weights"}, {"maps"});
  writer.add_node("Relu", {"maps"}, {"features"});
  return writer.finish();
}

}  // namespace

TEST_CASE("a model's inspection counts operators, multiply-adds and what the passes did") {
  const std::string bytes = convolution_model();
  const auto inspection = cli::inspect_model(as_bytes(bytes));
  REQUIRE(inspection);
  CHECK(inspection->nodes_read == 2);
  CHECK(inspection->operators.at("Conv").count == 1);
  CHECK(inspection->operators.at("Conv").supported);
  CHECK(inspection->parameters == 8 * 3 * 3 * 3);
  REQUIRE(inspection->stats);
  CHECK(inspection->ran);
  CHECK(inspection->stats->multiply_adds == 8 * 3 * 3 * 3 * 6 * 6);
  CHECK(inspection->optimized_operators.count("Relu") == 0);  // fused into the convolution
  CHECK(inspection->inputs[0].dims == std::vector<std::int64_t>{1, 3, 8, 8});
}

TEST_CASE("an operator that is not supported is named with the nearest one") {
  model::OnnxWriter writer("unknown");
  writer.add_input("x", DataType::kFloat32, {1, 4});
  writer.add_output("y", DataType::kFloat32, {1, 4});
  writer.add_node("Relux", {"x"}, {"y"});
  const std::string bytes = writer.finish();
  const auto inspection = cli::inspect_model(as_bytes(bytes));
  REQUIRE(inspection);
  CHECK_FALSE(inspection->operators.at("Relux").supported);
  CHECK(inspection->operators.at("Relux").nearest == "Relu");
  REQUIRE(inspection->load_error);
  CHECK(inspection->load_error->code == ErrorCode::kUnsupportedOperator);
  CHECK(contains(cli::describe_model(*inspection), "not supported; the nearest is Relu"));
}

TEST_CASE("the command inspects models and bundles, and complains about what is neither") {
  const TemporaryFolder folder;
  const std::string model = folder.write("model.onnx", convolution_model());
  auto ended = run_program({SLUICE_PROGRAM, "inspect", model});
  CHECK(ended.status == 0);
  CHECK(contains(ended.output, "picture  float32 [1, 3, 8, 8]"));
  CHECK(contains(ended.output, "multiply-adds"));

  const std::string bundle = (folder.path() / "bright").string();
  test::write_bright_bundle(bundle);
  ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(contains(ended.output, "bright 1.0.0"));
  CHECK(contains(ended.output, "size and SHA-256 as stated"));
  CHECK(contains(ended.output, "count == 0"));
  CHECK(contains(ended.output, "(taken by default)"));
  CHECK(contains(ended.output, "for 10 % of all inputs"));
  CHECK(contains(ended.output, "asks 'skip', which may spend 100 % of that, part 'filter'"));
  CHECK(contains(ended.output, "whatever way the client allows"));

  folder.write("bright/filter.onnx", "something else");
  ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK(ended.status == 1);
  CHECK(contains(ended.output, "NOT AS STATED"));
  CHECK(contains(ended.errors, "bundle_part_corrupt"));

  ended = run_program({SLUICE_PROGRAM, "inspect", folder.write("text.onnx", "no model at all")});
  CHECK(ended.status == 1);
  CHECK(contains(ended.errors, "malformed_model"));
  ended = run_program({SLUICE_PROGRAM, "inspect", (folder.path() / "missing").string()});
  CHECK(ended.status == 1);
  CHECK(contains(ended.errors, "not_found"));
}
