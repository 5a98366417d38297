// The tensor at a cut as a payload and back: each value becomes the nearest of the symbols', whatever it was, and what does not fit is
// refused. Stands here since the toy cut does.
#include <doctest/doctest.h>

#include <limits>
#include <random>

#include "core/split/feature_coder.hpp"
#include "core/split/feature_decoder.hpp"
#include "tests/core/exit/toy_cut.hpp"

using namespace sluice;
using namespace sluice::exits::testing;

namespace {

std::vector<float> decoded(const split::FeatureDecoder& decoder, Bytes payload) {
  auto tensor = *Tensor::create(DataType::kFloat32, decoder.tensor_shape());
  std::vector<std::int8_t> symbols;
  const auto channels = decoder.decode(payload, symbols, tensor.mutable_view());
  REQUIRE_MESSAGE(channels.has_value(), (channels ? std::string() : describe(channels.error())));
  CHECK(*channels == decoder.coded_channels());
  return {tensor.as<float>().begin(), tensor.as<float>().end()};
}

}  // namespace

TEST_CASE("every value comes out as the nearest symbol's, from far outside as well") {
  const std::string coding = toy_coding();
  auto coder = split::FeatureCoder::create(as_bytes(coding), toy_values());
  REQUIRE(coder);
  CHECK(coder->tensor_shape() == Shape{1, 3, 8, 8});
  const auto decoder = split::FeatureDecoder::of_coding(as_bytes(coding), toy_values());
  REQUIRE(decoder);
  CHECK(decoder->coded_channels() == 3);
  Tensor tensor = colours({{0, 0, 0}});
  std::mt19937 random(5);
  std::uniform_real_distribution<float> value(-0.5F, 1.5F);
  for (float& one : tensor.as<float>()) one = value(random);
  tensor.as<float>()[0] = std::numeric_limits<float>::infinity();
  tensor.as<float>()[1] = -std::numeric_limits<float>::infinity();
  tensor.as<float>()[2] = 0.126F;
  tensor.as<float>()[3] = 0.124F;
  const auto payload = coder->code(tensor.view());
  REQUIRE(payload);
  CHECK(payload->size() <= decoder->max_payload_bytes());
  const auto back = decoded(*decoder, *payload);
  CHECK(back[0] == 1);
  CHECK(back[1] == 0);
  CHECK(back[2] == 0.25F);
  CHECK(back[3] == 0);
  for (std::size_t i = 4; i < back.size(); ++i) {
    CHECK(std::abs(back[i] - std::clamp(tensor.as<float>()[i], 0.0F, 1.0F)) <= 0.125F);
  }
}

TEST_CASE("a moved coder codes as it did") {
  const std::string coding = toy_coding();
  auto coder = split::FeatureCoder::create(as_bytes(coding), toy_values());
  REQUIRE(coder);
  const Tensor tensor = colours({{1, 0.5F, 0.25F}});
  const auto first = coder->code(tensor.view());
  REQUIRE(first);
  const std::vector<std::byte> before(first->begin(), first->end());
  split::FeatureCoder moved = *std::move(coder);
  const auto after = moved.code(tensor.view());
  REQUIRE(after);
  CHECK(std::ranges::equal(before, *after));
}

TEST_CASE("tensors of another shape or type, and values that are no numbers, are not coded") {
  const std::string coding = toy_coding();
  auto coder = split::FeatureCoder::create(as_bytes(coding), toy_values());
  REQUIRE(coder);
  CHECK(coder->code(colours({{0, 0, 0}, {0, 0, 0}}).view()).error().code == ErrorCode::kShapeMismatch);
  const Tensor bytes = *Tensor::create(DataType::kUint8, {1, 3, 8, 8});
  CHECK(coder->code(bytes.view()).error().code == ErrorCode::kTypeMismatch);
  Tensor broken = colours({{0, 0, 0}});
  broken.as<float>()[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK(coder->code(broken.view()).error().code == ErrorCode::kExecutionFailed);
}

TEST_CASE("coding sections that cannot be read, or have other symbols than there are values, are refused") {
  std::string coding = toy_coding();
  const std::vector<float> four{0, 1, 2, 3};
  CHECK(split::FeatureCoder::create(as_bytes(coding), four).error().code == ErrorCode::kMalformedManifest);
  CHECK(split::FeatureDecoder::of_coding(as_bytes(coding), four).error().code == ErrorCode::kMalformedManifest);
  coding.pop_back();
  const auto cut_off = split::FeatureCoder::create(as_bytes(coding), toy_values());
  REQUIRE_FALSE(cut_off.has_value());
  CHECK(cut_off.error().code == ErrorCode::kMalformedModel);
  CHECK(cut_off.error().message.find("shorter or longer") != std::string::npos);
  CHECK(split::FeatureDecoder::of_coding({}, toy_values()).error().code == ErrorCode::kMalformedModel);
}
