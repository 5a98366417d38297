#include "core/split/coding/lzw_features.hpp"

#include <doctest/doctest.h>

#include "core/split/coding/payload_header.hpp"
#include "tests/core/split/coding/random_model.hpp"

using namespace sluice;
using namespace sluice::split;
using sluice::split::test::Numbers;

namespace {

using Payload = std::vector<std::uint8_t>;
using Values = std::vector<std::int8_t>;

struct LzwCoded {
  LzwCoded(std::uint64_t seed, const test::Sizes* sizes) {
    Numbers numbers(seed);
    section = test::random_section(sizes != nullptr ? *sizes : test::random_sizes(numbers), numbers);
    REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
    values = test::random_features(model, numbers);
    if (seed % 3 == 0) std::fill(values.begin(), values.end(), static_cast<std::int8_t>(model.first_feature_value()));
    payload.resize(2 * model.features() + 16);
    closed.resize(model.feature_channels());
    const EncodedFeatures encoded = encode(payload, closed.data());
    REQUIRE(encoded.channels == model.feature_channels());
    payload.resize(encoded.bytes);
  }

  EncodedFeatures encode(std::span<std::uint8_t> out, std::uint32_t* sizes = nullptr) const {
    return encode_features_lzw(model, values.data(), 1, model.positions(), out, 1000, sizes);
  }

  DecodedFeatures decode(std::span<const std::uint8_t> bytes) const {
    Values got(model.features(), 99);
    const auto decoded = decode_features_lzw(model, bytes, got);
    REQUIRE(decoded);
    for (std::size_t i = 0; i < decoded->channels * std::size_t{model.positions()}; ++i) REQUIRE(got[i] == values[i]);
    return *decoded;
  }

  Payload section;
  SymbolModel model;
  Values values;
  Payload payload;
  std::vector<std::uint32_t> closed;
};

Payload first(const Payload& payload, std::size_t bytes) {
  return {payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(bytes)};
}

}  // namespace

TEST_CASE("LZW features come back, whole and cut at every byte, and every budget is kept") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const LzwCoded coded(seed, nullptr);
    const DecodedFeatures whole = coded.decode(coded.payload);
    CHECK(whole.channels == coded.model.feature_channels());
    CHECK(whole.bytes == coded.payload.size());
    CHECK(whole.ended);
    std::size_t before = 0;
    for (std::size_t bytes = 0; bytes < coded.payload.size(); ++bytes) {
      const DecodedFeatures decoded = coded.decode(first(coded.payload, bytes));
      CHECK(decoded.channels >= before);
      CHECK_FALSE(decoded.ended);
      before = decoded.channels;
      Payload out(bytes);
      const EncodedFeatures encoded = coded.encode(out);
      CHECK(encoded.bytes <= bytes);
      const DecodedFeatures closed = coded.decode(first(out, encoded.bytes));
      CHECK(closed.channels == encoded.channels);
      CHECK(closed.bytes == encoded.bytes);
      std::size_t fitting = 0;
      for (std::size_t c = 0; c < coded.closed.size(); ++c) {
        if (coded.closed[c] <= bytes) fitting = c + 1;
      }
      CHECK(encoded.channels == fitting);
    }
  }
}

TEST_CASE("a dictionary that is full goes on as it is") {
  test::Sizes sizes;
  sizes.channels = 2;
  sizes.width = sizes.height = 120;
  for (const std::uint64_t seed : {1U, 2U}) {
    const LzwCoded coded(seed, &sizes);
    CHECK(coded.decode(coded.payload).ended);
  }
}

TEST_CASE("LZW writes the code of a string that is only just known") {
  test::Sizes sizes;
  sizes.channels = 1;
  sizes.width = 7;
  sizes.height = 1;
  sizes.symbols = 3;
  sizes.first_value = 0;
  sizes.tables = 1;
  Numbers numbers(1);
  const Payload section = test::random_section(sizes, numbers);
  SymbolModel model;
  REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
  const Values values{1, 1, 1, 1, 1, 1, 2};
  Payload out(10);
  const EncodedFeatures encoded = encode_features_lzw(model, values.data(), 1, 7, out, 1);
  // 1, then 11 by code 4 and 111 by code 5, both new, then 2: codes of 2, 3, 3 and 3 bits.
  CHECK(first(out, encoded.bytes) == Payload{payload_header(Coder::kLzw), 1 | 4 << 2 | (5 & 7) << 5, 2});
  Values got(7);
  REQUIRE(decode_features_lzw(model, first(out, encoded.bytes), got));
  CHECK(got == values);
}

TEST_CASE("LZW payloads that no encoder writes are refused") {
  test::Sizes sizes;
  sizes.first_value = 0;
  const LzwCoded coded(1, &sizes);
  Values got(coded.model.features());
  const auto refused = [&](const Payload& payload) {
    const auto decoded = decode_features_lzw(coded.model, payload, got);
    REQUIRE_FALSE(decoded);
    return decoded.error().code;
  };
  const std::uint8_t header = payload_header(Coder::kLzw);
  CHECK(refused({header, 7}) == ErrorCode::kMalformedPayload);            // ends before its first channel
  CHECK(refused({header, 0 | 15 << 3}) == ErrorCode::kMalformedPayload);  // a code that is not there yet
  CHECK(refused({payload_header(Coder::kRange), 0}) == ErrorCode::kUnsupportedEncoding);
  CHECK(refused({0x20, 0}) == ErrorCode::kMalformedPayload);
  Payload longer = coded.payload;
  longer.push_back(0);
  CHECK(refused(longer) == ErrorCode::kMalformedPayload);
}

TEST_CASE("random bytes are decoded by LZW to something, or refused") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const LzwCoded coded(seed, nullptr);
    Numbers numbers(seed + 1000);
    Payload payload = coded.payload;
    for (std::size_t i = 1; i < payload.size(); ++i) {
      if (seed % 2 == 0 || numbers.one_in(10)) payload[i] = static_cast<std::uint8_t>(numbers.next());
    }
    Values got(coded.model.features());
    const auto decoded = decode_features_lzw(coded.model, payload, got);
    if (decoded) CHECK(decoded->bytes <= payload.size());
  }
}
