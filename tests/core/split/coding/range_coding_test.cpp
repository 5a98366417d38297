#include <doctest/doctest.h>

#include <string>

#include "core/split/coding/payload_header.hpp"
#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "tests/core/split/coding/random_model.hpp"

using namespace sluice;
using namespace sluice::split;
using sluice::split::test::Numbers;

namespace {

using Bytes8 = std::vector<std::uint8_t>;
using Values = std::vector<std::int8_t>;

// A random coding section with features and their whole payload.
struct Coded {
  explicit Coded(std::uint64_t seed) : Coded(seed, nullptr) {}
  Coded(std::uint64_t seed, const test::Sizes* sizes) {
    Numbers numbers(seed);
    section = test::random_section(sizes != nullptr ? *sizes : test::random_sizes(numbers), numbers);
    REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
    values = test::random_features(model, numbers);
    payload.resize(4 * model.coded_symbols() + 16);
    closed.resize(model.channels);
    const EncodedFeatures encoded = encode(payload, model.channels, closed.data());
    REQUIRE(encoded.channels == model.channels);
    payload.resize(encoded.bytes);
  }

  EncodedFeatures encode(std::span<std::uint8_t> out, std::uint16_t channels, std::uint32_t* sizes = nullptr) const {
    return encode_features(model, values.data(), 1, model.positions(), out, channels, sizes);
  }

  // Decodes, and requires that what arrived is right.
  DecodedFeatures decode(std::span<const std::uint8_t> bytes) const {
    Values got(model.features(), 99);
    const auto decoded = decode_features(model, bytes, got);
    REQUIRE(decoded);
    const std::uint32_t positions = model.positions();
    const std::uint32_t there = std::min(decoded->channels, model.feature_channels());
    for (std::uint32_t i = 0; i < there * positions; ++i) {
      // Of a channel of which the rest came in part, some values are whole already.
      if (i / positions + model.feature_channels() == decoded->channels && got[i] == values[i]) continue;
      REQUIRE(got[i] == test::known_of(model, i / positions, values[i], decoded->channels));
    }
    return *decoded;
  }

  Bytes8 section;
  SymbolModel model;
  Values values;
  Bytes8 payload;
  std::vector<std::uint32_t> closed;
};

constexpr std::uint64_t kSeeds = 300;

// Exactly the bytes, so that a sanitizer sees a read behind them.
Bytes8 cut(const Bytes8& payload, std::size_t bytes) {
  return {payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(bytes)};
}

}  // namespace

TEST_CASE("features come back as they were, of every shape") {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    const Coded coded(seed);
    const DecodedFeatures decoded = coded.decode(coded.payload);
    CHECK(decoded.channels == coded.model.channels);
    CHECK(decoded.bytes == coded.payload.size());
    CHECK(decoded.ended);
    CHECK(coded.closed.back() == coded.payload.size());
  }
}

TEST_CASE("a payload cut at any byte gives the channels that are certain by then, and no other") {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    const Coded coded(seed);
    const auto ends = find_channel_ends(coded.model, coded.payload);
    REQUIRE(ends);
    REQUIRE(ends->size() == coded.model.channels);
    std::size_t before = 0;
    for (std::size_t bytes = 0; bytes < coded.payload.size(); ++bytes) {
      const DecodedFeatures decoded = coded.decode(cut(coded.payload, bytes));
      CHECK(decoded.channels >= before);
      CHECK_FALSE(decoded.ended);
      CHECK(decoded.bytes <= bytes);
      before = decoded.channels;
      std::size_t expected = 0;
      while (expected < ends->size() && bytes >= (*ends)[expected]) ++expected;
      CHECK(decoded.channels == expected);
    }
  }
}

TEST_CASE("what a cut payload gives does not depend on what the missing bytes were") {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    const Coded coded(seed);
    Numbers numbers(seed);
    for (std::size_t bytes = 1; bytes < coded.payload.size(); ++bytes) {
      const std::size_t certain = coded.decode(cut(coded.payload, bytes)).channels;
      Bytes8 other = cut(coded.payload, bytes);
      const std::uint32_t kind = numbers.below(3);
      for (int i = 0; i < 6; ++i) {
        other.push_back(static_cast<std::uint8_t>(kind == 0 ? 0 : kind == 1 ? 0xff : numbers.next()));
      }
      Values got(coded.model.features());
      const auto decoded = decode_features(coded.model, other, got);
      if (!decoded) continue;
      REQUIRE(decoded->channels >= certain);
      const SymbolModel& model = coded.model;
      for (std::uint32_t i = 0; i < std::min<std::size_t>(certain, model.feature_channels()) * model.positions(); ++i) {
        const std::uint32_t channel = i / model.positions();
        const auto arrived = static_cast<std::uint32_t>(certain);
        const int right = test::known_of(model, channel, coded.values[i], arrived);
        // Where its rest is not certain, the other bytes may say another one.
        const bool whole = channel + model.feature_channels() < arrived || model.refinement == 1;
        REQUIRE((whole ? got[i] : test::known_of(model, channel, got[i], model.feature_channels())) == right);
      }
    }
  }
}

TEST_CASE("every budget is kept, and holds as many channels as fit") {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    const Coded coded(seed);
    for (std::size_t budget = 0; budget <= coded.payload.size() + 1; ++budget) {
      Bytes8 out(budget);
      const EncodedFeatures encoded = coded.encode(out, 1000);
      std::size_t fitting = 0;
      for (std::size_t c = 0; c < coded.closed.size(); ++c) {
        if (coded.closed[c] <= budget) fitting = c + 1;
      }
      CHECK(encoded.channels == fitting);
      CHECK(encoded.bytes == (fitting == 0 ? 0 : coded.closed[fitting - 1]));
      const DecodedFeatures decoded = coded.decode(cut(out, encoded.bytes));
      CHECK(decoded.channels == fitting);
      CHECK(decoded.ended == (fitting > 0));
    }
  }
}

TEST_CASE("a payload closed early says so, even where the next channel would cost next to nothing") {
  test::Sizes sizes;
  sizes.channels = 6;
  sizes.classes = 1;
  sizes.tables = 1;
  sizes.total_bits = 15;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {  // some of them with a table that makes one value nearly certain
    const Coded coded(seed, &sizes);
    for (std::uint16_t channels = 0; channels <= 6; ++channels) {
      Bytes8 out(1000);
      const EncodedFeatures encoded = coded.encode(out, channels);
      REQUIRE(encoded.channels == channels);
      const DecodedFeatures decoded = coded.decode(cut(out, encoded.bytes));
      CHECK(decoded.channels == channels);
      CHECK(decoded.bytes == encoded.bytes);
    }
  }
}

TEST_CASE("a run of the least likely symbols and one of the likeliest carry through") {
  test::Sizes sizes;
  sizes.channels = 2;
  sizes.width = sizes.height = 64;
  sizes.symbols = 3;
  sizes.first_value = -1;
  sizes.classes = sizes.tables = 1;
  sizes.total_bits = 15;
  for (const std::uint32_t second : {1U, 16384U, 32765U}) {
    Bytes8 section = test::section_header(sizes);
    section.resize(section.size() + 2 * 6 + 2);  // weights and table numbers of 0
    for (const std::uint32_t start : {0U, second, 32766U}) test::put_u16(section, start);
    SymbolModel model;
    REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
    for (int value = -1; value <= 1; ++value) {
      Values values(model.features(), static_cast<std::int8_t>(value));
      values[100] = 1;
      Bytes8 out(20000);
      const EncodedFeatures encoded = encode_features(model, values.data(), 1, model.positions(), out, 2);
      REQUIRE(encoded.channels == 2);
      Values got(model.features());
      const auto decoded = decode_features(model, cut(out, encoded.bytes), got);
      REQUIRE(decoded);
      CHECK(decoded->ended);
      CHECK(got == values);
    }
  }
}

TEST_CASE("features may lie position by position between others, and values outside the model's are clamped") {
  const Coded coded(5);
  const SymbolModel& model = coded.model;
  const std::size_t stride = model.channels + 3U;
  Values mixed(stride * model.positions(), 77);
  Numbers numbers(1);
  Values wide(model.features());
  Values expected(model.features());
  for (std::uint32_t c = 0; c < model.channels; ++c) {
    for (std::uint32_t p = 0; p < model.positions(); ++p) {
      const auto value = static_cast<std::int8_t>(numbers.next());
      mixed[p * stride + 3 + c] = value;
      expected[c * model.positions() + p] =
          static_cast<std::int8_t>(std::clamp<int>(value, model.first_value, model.last_value()));
    }
  }
  Bytes8 out(5000);
  const EncodedFeatures encoded = encode_features(model, mixed.data() + 3, stride, 1, out, model.channels);
  REQUIRE(encoded.channels == model.channels);
  const auto decoded = decode_features(model, cut(out, encoded.bytes), wide);
  REQUIRE(decoded);
  CHECK(wide == expected);
}

TEST_CASE("an encoder's payload has no byte too many: without its last one not all is certain") {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Coded coded(seed);
    CHECK_FALSE(coded.decode(cut(coded.payload, coded.payload.size() - 1)).ended);
  }
}

TEST_CASE("bytes behind the last channel are an error") {
  const Coded coded(3);
  Values got(coded.model.features());
  for (const std::size_t more : {1U, 2U, 5U, 100U}) {
    Bytes8 longer = coded.payload;
    longer.resize(longer.size() + more);
    const auto decoded = decode_features(coded.model, longer, got);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code == ErrorCode::kMalformedPayload);
    CHECK(decoded.error().message.find(std::to_string(more) + " byte") != std::string::npos);
  }
}

TEST_CASE("a payload of another version or coder is told apart, and an empty one has no channels") {
  const Coded coded(3);
  Values got(coded.model.features());
  Bytes8 payload = coded.payload;
  payload[0] = static_cast<std::uint8_t>((kPayloadVersion + 1) << 4 | 1);
  auto decoded = decode_features(coded.model, payload, got);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == ErrorCode::kMalformedPayload);
  payload[0] = payload_header(Coder::kLzw);
  decoded = decode_features(coded.model, payload, got);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == ErrorCode::kUnsupportedEncoding);
  CHECK(coded.decode({}).channels == 0);
  CHECK(coded.decode(cut(coded.payload, 1)).channels == 0);
}

TEST_CASE("a number beyond all symbols is an error") {
  const Coded coded(3);
  Values got(coded.model.features());
  const auto decoded =
      decode_features(coded.model, Bytes8{payload_header(Coder::kRange), 255, 255, 255, 255, 0, 0}, got);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == ErrorCode::kMalformedPayload);
}

TEST_CASE("random bytes are decoded to something, or refused") {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Coded coded(seed);
    Numbers numbers(seed + 1000);
    Bytes8 payload(1 + numbers.below(60));
    for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(numbers.next());
    payload[0] = payload_header(Coder::kRange);
    Values got(coded.model.features());
    const auto decoded = decode_features(coded.model, payload, got);
    if (!decoded) continue;
    CHECK(decoded->bytes <= payload.size());
    CHECK(decoded->channels <= coded.model.channels);
  }
}
