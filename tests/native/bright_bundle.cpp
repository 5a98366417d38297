#include "tests/native/bright_bundle.hpp"

#include <doctest/doctest.h>

#include "core/model/onnx_writer.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/question_rows.hpp"

namespace sluice::test {
namespace {

constexpr std::int64_t kFilterSide = 16;
constexpr std::int64_t kModelSide = 32;

TensorView floats(const std::vector<float>& values, const Shape& shape) {
  return *view_of(std::span<const float>(values), shape);
}

// sigmoid((mean - 127.5) / 10) of a grey picture: 0 for black, 1 for white.
std::string filter_model() {
  const std::vector<float> weights{1.0F / 30, 1.0F / 30, 1.0F / 30};
  const std::vector<float> bias{-12.75F};
  model::OnnxWriter writer("bright_filter");
  writer.add_input("picture", DataType::kFloat32, {1, 3, kFilterSide, kFilterSide});
  writer.add_output("needed", DataType::kFloat32, {1, 1});
  writer.add_initializer("weights", floats(weights, {3, 1}));
  writer.add_initializer("bias", floats(bias, {1}));
  writer.add_node("GlobalAveragePool", {"picture"}, {"pooled"});
  writer.add_node("Flatten", {"pooled"}, {"flat"});
  writer.add_node("Gemm", {"flat", "weights", "bias"}, {"logit"});
  writer.add_node("Sigmoid", {"logit"}, {"needed"});
  return writer.finish();
}

std::string full_model() {
  model::OnnxWriter writer("bright_model");
  writer.add_input("picture", DataType::kFloat32, {1, 3, kModelSide, kModelSide});
  writer.add_output("mean", DataType::kFloat32, {1, 3, 1, 1});
  writer.add_node("GlobalAveragePool", {"picture"}, {"mean"});
  return writer.finish();
}

}  // namespace

void write_bright_bundle(const std::filesystem::path& folder, const std::string& version, bool with_model) {
  bundle::Bundle bundle;
  pipeline::Manifest& manifest = bundle.manifest;
  manifest.name = "bright";
  manifest.version = version;
  manifest.description = "Brightness, for tests";
  manifest.parts = {{"filter", "filter.onnx", 0, ""}, {"model", "model.onnx", 0, ""}};
  manifest.model.part = "model";
  input::ImageSpec picture;
  picture.width = kModelSide;
  picture.height = kModelSide;
  manifest.model.input = picture;
  manifest.model.output.decoder = "none";
  auto skip = std::make_shared<questions::SkipSpec>();
  skip->part = "filter";
  picture.width = kFilterSide;
  picture.height = kFilterSide;
  skip->input = picture;
  skip->redundant_when = "count == 0";
  skip->operating_points = {{0.8F, 0.95F, 0.9F, 0.5F}, {0.9F, 0.95F, 0.5F, 0.4F}, {0.99F, 0.95F, 0.01F, 0.1F}};
  manifest.default_target = 0.9F;
  manifest.questions = {{bundle::question_row("skip"), std::move(skip)}};
  bundle.parts["filter"] = filter_model();
  bundle.parts["model"] = full_model();
  std::filesystem::create_directories(folder.parent_path());
  const auto written = bundle::replace_bundle(folder, std::move(bundle));
  REQUIRE_MESSAGE(written.has_value(), (written ? std::string() : describe(written.error())));
  if (!with_model) std::filesystem::remove(folder / "model.onnx");
}

std::string grey_ppm(std::uint32_t width, std::uint32_t height, std::uint8_t level) {
  return "P6\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n" +
         std::string(std::size_t{width} * height * 3, static_cast<char>(level));
}

}  // namespace sluice::test
