#include "core/run/program.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "core/model/onnx_writer.hpp"

using namespace sluice;
using run::Program;

namespace {

std::string mean_model(std::int64_t inputs = 1) {
  model::OnnxWriter writer("mean");
  writer.add_input("picture", DataType::kFloat32, {1, 3, 8, 8});
  if (inputs > 1) writer.add_input("more", DataType::kFloat32, {1});
  writer.add_output("mean", DataType::kFloat32, {1, 3, 1, 1});
  writer.add_node("GlobalAveragePool", {"picture"}, {"mean"});
  return writer.finish();
}

Result<Program> load(const std::string& onnx, std::uint32_t side, const char* decoder = "none") {
  input::ImageSpec spec;
  spec.width = side;
  spec.height = side;
  return Program::load(as_bytes(onnx), spec, {decoder, 0.5F, 0.4F}, run::full_loading());
}

}  // namespace

TEST_CASE("a picture goes in and the decoded result comes out") {
  const std::string onnx = mean_model();
  auto model = load(onnx, 8);
  REQUIRE(model);
  const std::vector<std::byte> pixels(30 * 20, std::byte{90});
  const auto result = model->run(*input::make_image(input::PixelFormat::kGray8, 30, 20, pixels));
  REQUIRE(result);
  REQUIRE(result->size() == 1);
  CHECK((*result)[0].name == "mean");
  CHECK((*result)[0].tensor.as<float>()[2] == doctest::Approx(90));
  CHECK(model->run(input::ImageView{}).error().code == ErrorCode::kInvalidImage);
}

TEST_CASE("a model that does not take the manifest's picture is refused") {
  const std::string onnx = mean_model();
  CHECK(load(onnx, 9).error().code == ErrorCode::kShapeMismatch);
  CHECK(load(onnx, 8, "unheard-of").error().code == ErrorCode::kNotFound);
  const std::string two = mean_model(2);
  CHECK(load(two, 8).error().code == ErrorCode::kShapeMismatch);
}

TEST_CASE("a decoder that misses its outputs says so before anything runs") {
  const auto faces = load(mean_model(), 8, "retinaface");
  REQUIRE_FALSE(faces);
  CHECK(faces.error().code == ErrorCode::kNotFound);
  CHECK(faces.error().message ==
        "the RetinaFace decoder needs the output 'face_rpn_cls_prob_reshape_stride32'; the model has: mean");
}
