// What a device unit computes, against the definitions, and how both guesses become one.
#include "core/split/device/interpreter.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/split/coding/range_decoder.hpp"
#include "tests/core/split/device/random_unit.hpp"
#include "tests/core/split/device/reference.hpp"

namespace {

using namespace sluice;
using namespace sluice::split;

struct Arena {
  explicit Arena(std::size_t size) : words((size + 3) / 4) {}
  std::span<std::uint8_t> bytes() { return {reinterpret_cast<std::uint8_t*>(words.data()), 4 * words.size()}; }
  std::vector<std::uint32_t> words;
};

void check_against_reference(const UnitPlan& plan, std::uint32_t seed) {
  const auto bytes = write_device_unit(plan);
  REQUIRE_MESSAGE(bytes.has_value(), bytes.error().message);
  DeviceUnit unit;
  REQUIRE(read_device_unit(*bytes, unit) == UnitStatus::kGood);
  Arena arena(unit.arena_bytes);
  // What is left in the arena from before must not matter.
  std::fill(arena.bytes().begin(), arena.bytes().end(), std::uint8_t{0xA5});
  const auto picture = test::random_picture(plan, seed);
  const DeviceAnswer answer = run(unit, picture, arena.bytes());
  const test::ReferenceAnswer wanted = test::reference_answer(plan, picture);
  CHECK(std::equal(answer.symbols.begin(), answer.symbols.end(), wanted.symbols.begin(), wanted.symbols.end()));
  CHECK(std::equal(answer.logits.begin(), answer.logits.end(), wanted.logits.begin(), wanted.logits.end()));
  // A test of values that are all clamped to the same one would find nothing.
  const auto [least, most] = std::minmax_element(wanted.symbols.begin(), wanted.symbols.end());
  CHECK(*most - *least > 2);
}

}  // namespace

TEST_CASE("symbols and logits are those of the definitions, bit for bit") {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    check_against_reference(test::random_plan(seed), seed + 1000);
  }
}

TEST_CASE("symbols of a codebook are found by thresholds") {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    UnitPlan plan = test::random_plan(seed);
    plan.first_symbol = 0;
    plan.last_symbol = 7;
    plan.thresholds = {-20, -9, -3, 0, 0, 5, 17};
    check_against_reference(plan, seed);
  }
}

TEST_CASE("features of one layer go straight to the head") {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    UnitPlan plan = test::random_plan(seed);
    plan.layers.erase(plan.layers.begin() + 2, plan.layers.end() - 1);
    plan.layers.back().weights.resize(18);
    check_against_reference(plan, seed);
  }
}

TEST_CASE("a picture or an arena of another size runs nothing") {
  const UnitPlan plan = test::random_plan(3);
  const auto bytes = write_device_unit(plan);
  REQUIRE(bytes.has_value());
  DeviceUnit unit;
  REQUIRE(read_device_unit(*bytes, unit) == UnitStatus::kGood);
  Arena arena(unit.arena_bytes + std::size_t{4});
  const auto room = arena.bytes().first(unit.arena_bytes);
  const auto picture = test::random_picture(plan, 1);
  CHECK(run(unit, picture, room).logits.size() == 3);
  CHECK(run(unit, std::span(picture).first(picture.size() - 1), room).logits.empty());
  CHECK(run(unit, picture, room.first(unit.arena_bytes - 1)).symbols.empty());
  CHECK(run(unit, picture, arena.bytes().subspan(1, unit.arena_bytes)).symbols.empty());
}

TEST_CASE("what is encoded comes out of the decoder: the sent channels, as many as fit") {
  const UnitPlan plan = test::with_symbol_model(test::random_plan(4));
  const auto bytes = write_device_unit(plan);
  REQUIRE_MESSAGE(bytes.has_value(), bytes.error().message);
  DeviceUnit unit;
  REQUIRE(read_device_unit(*bytes, unit) == UnitStatus::kGood);
  REQUIRE(unit.coding.channels == 4);
  Arena arena(unit.arena_bytes);
  // One of those that the model was learned from: none of its symbols is clamped.
  const DeviceAnswer answer = run(unit, test::random_picture(plan, 105), arena.bytes());
  std::vector<std::uint8_t> payload(500);
  std::vector<std::int8_t> decoded(unit.coding.features());
  const EncodedFeatures all = encode(unit, answer.symbols, payload, 4);
  CHECK(all.channels == 4);
  for (const std::size_t room : {all.bytes, all.bytes / 2, all.bytes / 4}) {
    const EncodedFeatures some = encode(unit, answer.symbols, std::span(payload).first(room), 4);
    CHECK(some.bytes <= room);
    const auto found = decode_features(unit.coding, std::span(payload).first(some.bytes), decoded);
    REQUIRE(found.has_value());
    CHECK(found->channels == some.channels);
    for (std::size_t c = 0; c < some.channels; ++c) {
      for (std::size_t p = 0; p < 24; ++p) CHECK(decoded[c * 24 + p] == answer.symbols[p * 6 + 2 + c]);
    }
  }
  CHECK(encode(unit, answer.symbols, payload, 2).channels == 2);
  CHECK(encode(unit, answer.symbols.first(10), payload, 4).bytes == 0);
  unit.coding = {};
  CHECK(encode(unit, answer.symbols, payload, 4).bytes == 0);
}

TEST_CASE("a unit that codes in two steps: half of the channels bring all features, coarsely") {
  const UnitPlan plan = test::with_symbol_model(test::random_plan(4), 3);
  const auto bytes = write_device_unit(plan);
  REQUIRE_MESSAGE(bytes.has_value(), bytes.error().message);
  DeviceUnit unit;
  REQUIRE(read_device_unit(*bytes, unit) == UnitStatus::kGood);
  CHECK(unit.sent_channels() == 4);
  CHECK(unit.coded_channels() == 8);
  Arena arena(unit.arena_bytes);
  const DeviceAnswer answer = run(unit, test::random_picture(plan, 105), arena.bytes());
  std::vector<std::uint8_t> payload(500);
  std::vector<std::int8_t> decoded(unit.coding.features());
  REQUIRE(decoded.size() == 4 * 24);
  for (const std::uint16_t channels : {std::uint16_t{4}, std::uint16_t{8}}) {
    const EncodedFeatures coded = encode(unit, answer.symbols, payload, channels);
    REQUIRE(coded.channels == channels);
    REQUIRE(decode_features(unit.coding, std::span(payload).first(coded.bytes), decoded)->channels == channels);
    for (std::size_t c = 0; c < 4; ++c) {
      for (std::size_t p = 0; p < 24; ++p) {
        const int off = std::abs(decoded[c * 24 + p] - answer.symbols[p * 6 + 2 + c]);
        CHECK(off <= (channels == 8 ? 0 : 1));
      }
    }
  }
  std::vector<float> combined(unit.classes);
  const std::vector<float> remote(unit.classes, 1.0F);
  CHECK(combine(unit, answer.logits, remote, 8, combined));
  CHECK_FALSE(combine(unit, answer.logits, remote, 9, combined));
  UnitPlan fewer = plan;  // shares for the four channels of features alone
  fewer.shares.resize(5);
  CHECK_FALSE(write_device_unit(fewer).has_value());
}

TEST_CASE("both guesses are combined by the share of what arrived") {
  const auto bytes = write_device_unit(test::random_plan(3));
  REQUIRE(bytes.has_value());
  DeviceUnit unit;
  REQUIRE(read_device_unit(*bytes, unit) == UnitStatus::kGood);
  const std::vector<std::int32_t> local{2000, -4000, 0};  // 1, -2, 0
  const std::vector<float> remote{3, 4, -1};
  std::vector<float> combined(3);
  REQUIRE(combine(unit, local, {}, 0, combined));
  CHECK(combined[0] == doctest::Approx(1));
  CHECK(combined[1] == doctest::Approx(-2));
  REQUIRE(combine(unit, local, remote, 4, combined));
  CHECK(combined[0] == doctest::Approx(0.25 * 1 + 0.75 * 3));
  CHECK(combined[1] == doctest::Approx(0.25 * -2 + 0.75 * 4));
  REQUIRE(combine(unit, local, remote, 1, combined));
  CHECK(combined[2] == doctest::Approx(-0.3));
  CHECK_FALSE(combine(unit, local, remote, 5, combined));
  CHECK_FALSE(combine(unit, local, {}, 1, combined));
  CHECK_FALSE(combine(unit, std::span(local).first(2), remote, 1, combined));
}
