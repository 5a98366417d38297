#include "core/filter/skip_filter.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/model/onnx_writer.hpp"
#include "tests/core/input/generated_picture.hpp"

using namespace sluice;
using filter::SkipFilter;

namespace {

input::ImageSpec spec_of(std::uint32_t width, std::uint32_t height) {
  input::ImageSpec spec;
  spec.width = width;
  spec.height = height;
  return spec;
}

model::LoadOptions options() {
  model::LoadOptions options;
  options.operators = model::all_operators();
  return options;
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

Result<float> score(const std::string& onnx, int level) {
  auto loaded = SkipFilter::load(as_bytes(onnx), spec_of(12, 8), options());
  REQUIRE(loaded);
  const std::vector<std::byte> pixels(20 * 10, static_cast<std::byte>(level));
  return loaded->score(*input::make_image(input::PixelFormat::kGray8, 20, 10, pixels));
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
  auto loaded = SkipFilter::load(as_bytes(onnx), spec_of(12, 8), options());
  REQUIRE(loaded);
  for (const auto format : {input::PixelFormat::kRgba8, input::PixelFormat::kI420, input::PixelFormat::kNv12}) {
    for (const std::uint32_t width : {640U, 7U, 641U}) {
      const auto picture = test::generated_picture(format, width, 48, width);
      const auto first = loaded->score(picture.view());
      REQUIRE(first);
      CHECK(*first > 0.5F);
      CHECK(*loaded->score(picture.view()) == *first);
    }
  }
  CHECK(loaded->score(input::ImageView{}).error().code == ErrorCode::kInvalidImage);
}

TEST_CASE("an output that is no probability is an error, but a rounding past the bounds is cut") {
  CHECK(score(network(1.0F, false), 200).error().code == ErrorCode::kExecutionFailed);
  CHECK(score(network(-1.0F, false), 200).error().code == ErrorCode::kExecutionFailed);
  CHECK(score(network(std::nanf(""), false), 200).error().code == ErrorCode::kExecutionFailed);
  CHECK(*score(network(1.0005F / 200, false), 200) == 1.0F);
}

TEST_CASE("a network that does not fit the manifest is refused when it is loaded") {
  const std::string onnx = network(0.01F, true);
  const auto wrong_size = SkipFilter::load(as_bytes(onnx), spec_of(8, 12), options());
  REQUIRE_FALSE(wrong_size);
  CHECK(wrong_size.error().code == ErrorCode::kShapeMismatch);
  CHECK(wrong_size.error().message.find("[1, 3, 8, 12]") != std::string::npos);
  CHECK(wrong_size.error().message.find("[1, 3, 12, 8]") != std::string::npos);
  const std::string two = network(0.01F, true, 2);
  CHECK(SkipFilter::load(as_bytes(two), spec_of(12, 8), options()).error().code == ErrorCode::kShapeMismatch);
  CHECK(SkipFilter::load(as_bytes(onnx), spec_of(0, 8), options()).error().code == ErrorCode::kInvalidArgument);
  CHECK_FALSE(SkipFilter::load(as_bytes("no model"), spec_of(12, 8), options()));
}
