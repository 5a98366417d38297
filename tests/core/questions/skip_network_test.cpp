#include "core/questions/skip/skip_question.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/model/onnx_writer.hpp"
#include "tests/core/input/generated_picture.hpp"

using namespace sluice;
using questions::SkipQuestion;

namespace {

input::ImageSpec spec_of(std::uint32_t width, std::uint32_t height) {
  input::ImageSpec spec;
  spec.width = width;
  spec.height = height;
  return spec;
}

// (mean red of the picture) * slope, through a sigmoid or as it is; [1, outputs].
std::string network(float slope, bool sigmoid, std::int64_t outputs = 1) {
  std::vector<float> weights(static_cast<std::size_t>(3 * outputs), 0.0F);
  for (std::size_t i = 0; i < static_cast<std::size_t>(outputs); ++i) weights[i] = slope;
  model::OnnxWriter writer("filter");
  writer.add_input("picture", DataType::kFloat32, {1, 3, 8, 12});
  writer.add_output("needed", DataType::kFloat32, {1, outputs});
  writer.add_initializer("weights", *view_of(std::span<const float>(weights), {3, outputs}));
  writer.add_node("GlobalAveragePool", {"picture"}, {"pooled"});
  writer.add_node("Flatten", {"pooled"}, {"flat"});
  writer.add_node("MatMul", {"flat", "weights"}, {sigmoid ? "logit" : "needed"});
  if (sigmoid) writer.add_node("Sigmoid", {"logit"}, {"needed"});
  return writer.finish();
}

Result<std::unique_ptr<SkipQuestion>> load(const std::string& onnx, const input::ImageSpec& picture) {
  auto network = run::Network::load(as_bytes(onnx), picture, run::full_loading());
  if (!network) return fail(network.error());
  return SkipQuestion::make(std::make_shared<pipeline::SharedNetwork>(*std::move(network)), {});
}

Result<float> score_of(SkipQuestion& question, const input::InputView& view) {
  static pipeline::InputId id = 0;
  const auto verdict = question.ask({view, ++id, Instant{}});
  if (!verdict) return fail(verdict.error());
  return verdict->score;
}

Result<float> score(const std::string& onnx, int level) {
  auto loaded = load(onnx, spec_of(12, 8));
  REQUIRE(loaded);
  const std::vector<std::byte> pixels(20 * 10, static_cast<std::byte>(level));
  return score_of(**loaded, *input::make_image(input::PixelFormat::kGray8, 20, 10, pixels));
}

}  // namespace

TEST_CASE("the score is the network's probability for the picture") {
  const std::string onnx = network(0.01F, true);
  CHECK(*score(onnx, 0) == doctest::Approx(0.5));
  CHECK(*score(onnx, 200) == doctest::Approx(1 / (1 + std::exp(-2.0))));
  CHECK(*score(onnx, 255) == doctest::Approx(1 / (1 + std::exp(-2.55))));
}

TEST_CASE("frames of changing sizes and formats go through one filter") {
  const std::string onnx = network(0.01F, true);
  auto loaded = load(onnx, spec_of(12, 8));
  REQUIRE(loaded);
  for (const auto format : {input::PixelFormat::kRgba8, input::PixelFormat::kI420, input::PixelFormat::kNv12}) {
    for (const std::uint32_t width : {640U, 7U, 641U}) {
      const auto picture = test::generated_picture(format, width, 48, width);
      const auto first = score_of(**loaded, picture.view());
      REQUIRE(first);
      CHECK(*first > 0.5F);
      CHECK(*score_of(**loaded, picture.view()) == *first);
    }
  }
  CHECK(score_of(**loaded, input::ImageView{}).error().code == ErrorCode::kInvalidImage);
}

TEST_CASE("an output that is no probability is an error, but a rounding past the bounds is cut") {
  CHECK(score(network(1.0F, false), 200).error().code == ErrorCode::kExecutionFailed);
  CHECK(score(network(-1.0F, false), 200).error().code == ErrorCode::kExecutionFailed);
  CHECK(score(network(std::nanf(""), false), 200).error().code == ErrorCode::kExecutionFailed);
  CHECK(*score(network(1.0005F / 200, false), 200) == 1.0F);
}

TEST_CASE("a network that does not fit the manifest is refused when it is loaded") {
  const std::string onnx = network(0.01F, true);
  const auto wrong_size = load(onnx, spec_of(8, 12));
  REQUIRE_FALSE(wrong_size);
  CHECK(wrong_size.error().code == ErrorCode::kShapeMismatch);
  CHECK(wrong_size.error().message.find("[1, 3, 8, 12]") != std::string::npos);
  CHECK(wrong_size.error().message.find("[1, 3, 12, 8]") != std::string::npos);
  const std::string two = network(0.01F, true, 2);
  CHECK(load(two, spec_of(12, 8)).error().code == ErrorCode::kShapeMismatch);
  CHECK(load(onnx, spec_of(0, 8)).error().code == ErrorCode::kInvalidArgument);
  CHECK_FALSE(load("no model", spec_of(12, 8)));
}
