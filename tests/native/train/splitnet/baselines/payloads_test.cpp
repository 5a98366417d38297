// What the baselines send, in bytes, and what comes back of it.
#include "tests/native/train/doctest_with_torch.hpp"

#include <algorithm>
#include <set>

#include "core/split/coding/lzw_features.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "native/train/splitnet/baselines/activation_coding.hpp"
#include "native/train/splitnet/baselines/limitnet_payload.hpp"
#include "native/train/splitnet/baselines/symbol_bytes.hpp"

namespace {

using namespace sluice::train::splitnet::baselines;
using sluice::ErrorCode;

// Whole numbers that are mostly small and like their neighbours.
torch::Tensor toy_symbols(std::int64_t count, std::int64_t channels, std::int64_t most) {
  const torch::Tensor smooth = torch::randn({count, channels, 4, 4}).repeat_interleave(2, 2).repeat_interleave(2, 3);
  return (2 * smooth + torch::randn({count, channels, 8, 8})).round().clamp(-most, most).to(torch::kLong);
}

std::vector<std::int8_t> values_of_picture(const torch::Tensor& all, std::int64_t picture) {
  const torch::Tensor one = all[picture].to(torch::kInt8).contiguous();
  return {one.data_ptr<std::int8_t>(), one.data_ptr<std::int8_t>() + one.numel()};
}

}  // namespace

TEST_CASE("mean bytes are those of the coders' payloads") {
  torch::manual_seed(5);
  const torch::Tensor learned = toy_symbols(200, 6, 4);
  const torch::Tensor measured = toy_symbols(20, 6, 4);
  const auto coders = SymbolCoders::learn(learned);
  REQUIRE_MESSAGE(coders.has_value(), coders.error().message);
  const auto bytes = coders->measure(measured);
  REQUIRE_MESSAGE(bytes.has_value(), bytes.error().message);
  sluice::split::SymbolModel model;
  REQUIRE(sluice::split::read_symbol_model(coders->section(), model) == sluice::split::ModelStatus::kOk);
  std::vector<std::uint8_t> out(4000);
  double lzw = 0;
  double range = 0;
  for (std::int64_t i = 0; i < measured.size(0); ++i) {
    const auto values = values_of_picture(measured, i);
    lzw += static_cast<double>(sluice::split::encode_features_lzw(model, values.data(), 1, 64, out, 6).bytes);
    range += static_cast<double>(sluice::split::encode_features(model, values.data(), 1, 64, out, 6).bytes);
  }
  CHECK(bytes->lzw == doctest::Approx(lzw / 20));
  CHECK(bytes->range == doctest::Approx(range / 20));
  CHECK(bytes->range < bytes->lzw);
  CHECK(coders->measure(toy_symbols(2, 5, 4)).error().code == ErrorCode::kShapeMismatch);
}

TEST_CASE("symbols beyond what was learned from are clamped, and still measured") {
  torch::manual_seed(5);
  const auto coders = SymbolCoders::learn(toy_symbols(200, 3, 2));
  REQUIRE(coders);
  const auto measured = coders->measure(toy_symbols(10, 3, 7));
  CHECK_MESSAGE(measured.has_value(), (measured ? std::string() : measured.error().message));
}

TEST_CASE("LimitNet's order goes by saliency and channel, and is each value once") {
  const std::vector<std::int8_t> saliency{0, 15, 3, 3};
  const auto order = limitnet_order(saliency, 4, 4);
  CHECK(std::set<std::size_t>(order.begin(), order.end()).size() == 16);
  // Scores: place 1 has 64, 48, 32, 16; places 2 and 3 have 16, 12, 8, 4; place 0 has 4, 3, 2, 1.
  CHECK(std::vector<std::size_t>(order.begin(), order.begin() + 4) == std::vector<std::size_t>{1, 2, 5, 9});
  CHECK(std::vector<std::size_t>(order.begin() + 12, order.end()) == std::vector<std::size_t>{4, 8, 12, 15});
}

TEST_CASE("LimitNet's payload decodes at each cut, to the values that come first in its order") {
  torch::manual_seed(5);
  const torch::Tensor values = toy_symbols(220, 8, 7);
  const torch::Tensor saliency = torch::randint(16, {220, 1, 8, 8}, torch::kLong);
  const auto payload = LimitnetPayload::learn(values.slice(0, 0, 200), saliency.slice(0, 0, 200));
  REQUIRE_MESSAGE(payload.has_value(), payload.error().message);
  for (std::int64_t i = 200; i < 220; ++i) {
    const PictureLatents latents{values_of_picture(values, i), values_of_picture(saliency, i)};
    const auto encoded = payload->encode(latents);
    REQUIRE_MESSAGE(encoded.has_value(), encoded.error().message);
    REQUIRE(encoded->ends.size() == LimitnetPayload::kParts + 1);
    CHECK(encoded->ends.back() == encoded->bytes.size());
    const auto order = limitnet_order(latents.saliency, 8, LimitnetPayload::kParts);
    for (std::size_t parts = 0; parts <= LimitnetPayload::kParts; ++parts) {
      const auto decoded = payload->decode(std::span(encoded->bytes).first(encoded->ends[parts]));
      REQUIRE_MESSAGE(decoded.has_value(), decoded.error().message);
      CHECK(decoded->parts == parts);
      std::vector<std::int8_t> wanted(latents.values.size(), 0);
      for (std::size_t k = 0; k < parts * order.size() / LimitnetPayload::kParts; ++k)
        wanted[order[k]] = latents.values[order[k]];
      CHECK(decoded->values == wanted);
    }
    const auto broken = payload->decode(std::span(encoded->bytes).first(encoded->ends[0] - 1));
    CHECK(broken.error().code == ErrorCode::kMalformedPayload);
  }
  CHECK(payload->decode({}).error().code == ErrorCode::kMalformedPayload);
  // 3 channels of 3x3 are 27 values.
  CHECK(LimitnetPayload::learn(toy_symbols(9, 3, 7).slice(2, 0, 3).slice(3, 0, 3), saliency.slice(0, 0, 9))
            .error()
            .code == ErrorCode::kInvalidArgument);
}

TEST_CASE("an activation in 8 bits is as close as a step, and constants come back whole") {
  std::vector<float> values;
  for (int i = 0; i < 500; ++i) values.push_back(static_cast<float>(i * i % 97) * 0.1F - 2);
  const Quantised8 quantised = quantise8(values);
  std::vector<float> back(values.size());
  dequantise8(quantised, back);
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(std::abs(values[i] - back[i]) <= quantised.step * 0.51F);
  const std::vector<float> same(9, 0.25F);
  std::vector<float> same_back(9);
  dequantise8(quantise8(same), same_back);
  CHECK(same_back == same);
}

TEST_CASE("shuffled bits are the same bits, and repetitions become few bytes") {
  const std::vector<std::uint8_t> bytes{1, 1, 1, 1, 1, 1, 1, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 77};
  const auto shuffled = bit_shuffled(bytes);
  REQUIRE(shuffled.size() == bytes.size());
  CHECK(shuffled[0] == 0xFF);   // lowest bits of the first eight
  CHECK(shuffled[1] == 0);      // and of the next
  CHECK(shuffled[15] == 0x01);  // highest bits of those
  CHECK(shuffled[16] == 77);
  const auto zeros = deflated_bytes(std::vector<std::uint8_t>(4096, 0));
  REQUIRE(zeros);
  CHECK(*zeros < 32);
  const auto few = deflated_bytes(bytes);
  REQUIRE(few);
  CHECK(*few > 3);
}
