#include <doctest/doctest.h>

#include "core/model/onnx_writer.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/cli/model_inspection.hpp"
#include "native/client/gate.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/child_process.hpp"
#include "tests/native/exit_bundle.hpp"
#include "tests/native/split_bundle.hpp"
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

TEST_CASE("a model in two halves is shown with what its device half takes, and halves that do not fit are named") {
  const TemporaryFolder folder;
  const std::string bundle = (folder.path() / "halves").string();
  test::write_split_bundle(bundle);
  auto ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(contains(ended.output, "in two halves, which fit each other: part 'device' on the device"));
  CHECK(contains(ended.output, "picture 8 x 8, 3 channels of 8 x 8 features sent, 0 kept"));
  CHECK(contains(ended.output, "multiply-adds    585, 576 of them to the features"));  // 64 x 9, and 9 of the head
  CHECK(contains(ended.output, "50.00 %  0, the guess alone"));
  CHECK(contains(ended.output, "90.00 %  3"));
  CHECK(contains(ended.output, "every input goes to the two halves"));

  for (const auto& [names, says] :
       {std::pair{R"(["red", "green"])", "names 2 classes; the bundle's model answers with 3"},
        std::pair{R"(["red", 2, "blue"])", "entry 1 is no text"}}) {
    test::name_classes(bundle, names);
    ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
    CHECK(ended.status == 1);
    CHECK_MESSAGE(contains(ended.errors, says), ended.errors);
    test::write_split_bundle(bundle);
  }

  auto unit = test::toy_device_unit();
  unit[0] ^= 1;
  test::write_split_bundle(bundle, unit);
  ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK(ended.status == 1);
  CHECK_MESSAGE(contains(ended.errors, "part 'device'"), ended.errors);
}

TEST_CASE("early exits are shown with what they cost and when they are taken, and those that do not fit are named") {
  const TemporaryFolder folder;
  const std::string bundle = (folder.path() / "exits").string();
  test::write_exit_bundle(bundle);
  auto ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(contains(ended.output, "2 early exits of 3 classes, which fit the model: part 'branches'"));
  CHECK(contains(ended.output,
                 "     1                 33.16 %            33.16 %           0.52 %  'relu_0'"));  // 576 and 9 of 1737
  CHECK(contains(ended.output, "     2                 66.32 %            33.16 %           0.52 %  'relu_1'"));
  CHECK(contains(ended.output, "multiply-adds    1737 of the model, 18 of all exits (1.04 %)"));
  CHECK(contains(ended.output, "leaves an exit where max_probability is above"));
  CHECK(contains(ended.output, "   80.00 %  0.9000  0.9900"));
  CHECK(contains(ended.output, "   90.00 %  closed  0.9900"));
  CHECK(contains(ended.output, "it stops at the first exit that is sure enough"));
  CHECK(contains(ended.output, "part 'branches': ONNX opset"));

  test::write_exit_bundle(bundle, exits::testing::toy_branches(2));
  ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK(ended.status == 1);
  CHECK_MESSAGE(contains(ended.errors, "place 'relu_0', exit 'exit_0'"), ended.errors);
}

TEST_CASE("a cut is shown with what a device runs and sends, and one that does not fit is named") {
  const TemporaryFolder folder;
  const std::string bundle = (folder.path() / "exits").string();
  test::write_cut_bundle(bundle);
  auto ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(contains(ended.output, "a server is there, it goes on from a cut"));
  CHECK(contains(ended.output, "  cut at 'relu_0': a device runs to there, a server goes on"));
  CHECK(contains(ended.output, "on the device    585 multiply-adds with their exits (33.68 % of the model)"));
  CHECK(contains(ended.output, "   90.00 %  closed  0.9900  no exit open on the device"));
  CHECK_FALSE(contains(ended.output, "   80.00 %  0.9000  0.9900  no exit"));
  CHECK(contains(ended.output, "  above 90.00 %: pictures are sent whole, as JPEG, to which no target applies"));
  CHECK(contains(ended.output, "sent             [1, 3, 8, 8] in 5 symbols, by tables of "));

  auto broken = bundle::read_bundle(bundle);
  REQUIRE(broken);
  broken->parts["coding"] = "none";
  REQUIRE(bundle::replace_bundle(bundle, *std::move(broken)).has_value());
  ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK(ended.status == 1);
  CHECK_MESSAGE(contains(ended.errors, "part 'coding'"), ended.errors);
}

TEST_CASE("a bundle that opening refuses is refused by its inspection, with the same error") {
  const TemporaryFolder folder;
  const std::filesystem::path bundle = folder.path() / "bright";
  const auto refused = [&](const std::string& what, const std::string& with, const std::string& error) {
    CAPTURE(with);
    test::write_bright_bundle(bundle);
    std::string manifest = test::read_file(bundle / "manifest.json");
    const std::size_t at = manifest.find(what);
    REQUIRE(at != std::string::npos);
    folder.write("bright/manifest.json", manifest.replace(at, what.size(), with));
    client::GateOptions local;
    local.pipeline.place = pipeline::ModelPlace::kLocal;
    const auto opened = client::Gate::open(bundle, local);
    REQUIRE_FALSE(opened);
    CHECK_MESSAGE(contains(describe(opened.error()), error), describe(opened.error()));
    const auto ended = run_program({SLUICE_PROGRAM, "inspect", bundle.string()});
    CHECK(ended.status == 1);
    CHECK_MESSAGE(contains(ended.errors, "sluice: " + describe(opened.error()) + "\n"), ended.errors);
    std::filesystem::remove_all(bundle);
  };
  refused("\"none\"", "\"non\"", "there is no decoder 'non'");
  refused("\"none\"", "\"retinaface\"", "needs the output 'face_rpn_cls_prob_reshape_stride32'");
  refused("\"default_target\"", "\"agree_when\": {\"rule\": \"tokens\"}, \"default_target\"",
          "the rule 'tokens' reads an integer tensor; the model gives 'mean' of float32");
  refused("\"width\": 32", "\"width\": 31", "shape_mismatch");
  refused("\"width\": 16", "\"width\": 15", "shape_mismatch");
  refused("\"model.onnx\"", "\"mode.onnx\"", "bundle_part_missing");
  refused("\"part\": \"filter\"", "\"part\": \"model\"", "part 'model'");
}

TEST_CASE(
    "a rule that eval and fit could not read is refused where results are detections, and a sentence where they are "
    "not") {
  const TemporaryFolder folder;
  const std::filesystem::path bundle = folder.path() / "bright";
  test::write_bright_bundle(bundle);
  std::string manifest = test::read_file(bundle / "manifest.json");
  const auto with = [&](const std::string& what, const std::string& other) {
    const std::size_t at = manifest.find(what);
    REQUIRE(at != std::string::npos);
    folder.write("bright/manifest.json", manifest.replace(at, what.size(), other));
  };
  with("count == 0", "nobody is there");
  CHECK(run_program({SLUICE_PROGRAM, "inspect", bundle.string()}).status == 0);
  with("\"none\"", "\"retinaface\"");
  const auto ended = run_program({SLUICE_PROGRAM, "inspect", bundle.string()});
  CHECK(ended.status == 1);
  CHECK_MESSAGE(contains(ended.errors, "malformed_manifest: redundant_when: "), ended.errors);
}

TEST_CASE("a bundle whose inputs may run together is tried with two") {
  const auto inspected = [](std::uint32_t axis, std::int64_t open, const std::string& operation) {
    model::OnnxWriter onnx("rows");
    onnx.add_input("input", DataType::kFloat32, {open, 4});
    onnx.add_output("output", DataType::kFloat32, {open, operation == "ReduceMean" ? 1 : 4});
    onnx.add_node(operation, {"input"}, {"output"});
    bundle::Bundle bundle;
    bundle.manifest.name = "rows";
    bundle.manifest.version = "1.0.0";
    bundle.manifest.parts = {{"model", "model.onnx", 0, ""}};
    bundle.manifest.model.part = "model";
    bundle.manifest.model.input = input::TensorSpec{.type = DataType::kFloat32, .shape = {1, 4}};
    bundle.manifest.model.output.decoder = "none";
    bundle.manifest.batching = {.axis = axis, .max_batch = 8, .max_delay_us = 500};
    bundle.parts["model"] = onnx.finish();
    const TemporaryFolder folder;
    const auto written = bundle::replace_bundle(folder.path() / "rows", std::move(bundle));
    REQUIRE_MESSAGE(written, written.error().message);
    return run_program({SLUICE_PROGRAM, "inspect", (folder.path() / "rows").string()});
  };
  const auto ended = inspected(0, -1, "Relu");
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(contains(ended.output, "up to 8 inputs at once, along the axis 0, and let one wait 500 us for company"));
  CHECK(contains(ended.output, "two results agree by: numbers, at most 0 apart"));

  const auto refused = [&](const test::Ended& trial, const std::string& why) {
    CHECK(trial.status == 1);
    CHECK_MESSAGE(contains(trial.errors, "malformed_manifest: " + why), trial.errors);
  };
  refused(inspected(2, -1, "Relu"), "batching.axis 2: the model's input has the shape [1, 4]");
  refused(inspected(0, 1, "Relu"), "batching.axis 0: two inputs at once: ");
  refused(inspected(0, -1, "ReduceMean"),
          "batching.axis 0: two inputs at once gave the output 'output' the shape [1, 1]; expected [2, 1]");
}
