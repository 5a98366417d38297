// Hostile bytes: a status for each fault, and never a read outside the unit or the arena (which the sanitized build watches).
#include "core/split/device/device_unit.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include "core/split/device/interpreter.hpp"
#include "tests/core/split/device/random_unit.hpp"

namespace {

using namespace sluice;
using namespace sluice::split;

using Bytes = std::vector<std::uint8_t>;

Bytes good_bytes(std::uint32_t seed = 1) { return *write_device_unit(test::random_plan(seed)); }

// In memory of exactly their size.
UnitStatus status_of(const Bytes& bytes) {
  DeviceUnit unit;
  return read_device_unit(Bytes(bytes), unit);
}

template <typename Value>
Bytes with(std::size_t at, Value value, Bytes bytes = good_bytes()) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

constexpr std::size_t record(std::size_t layer) { return kUnitHeaderBytes + layer * kLayerRecordBytes; }

}  // namespace

TEST_CASE("each fault has its status") {
  const Bytes good = good_bytes();
  CHECK(status_of(good) == UnitStatus::kGood);
  CHECK(status_of({}) == UnitStatus::kTooShort);
  CHECK(status_of(with<std::uint8_t>(0, 'X')) == UnitStatus::kNotAUnit);
  CHECK(status_of(with<std::uint16_t>(4, 2)) == UnitStatus::kOtherVersion);
  CHECK(status_of(with<std::uint32_t>(8, kMostUnitBytes + 1)) == UnitStatus::kTooLarge);
  CHECK(status_of(with<std::uint32_t>(12, kMostArenaBytes + 1)) == UnitStatus::kTooLarge);
  CHECK(status_of(with<std::uint16_t>(16, 0)) == UnitStatus::kBadPicture);
  CHECK(status_of(with<std::uint16_t>(18, kMostSide + 1)) == UnitStatus::kBadPicture);
  CHECK(status_of(with<std::uint16_t>(6, 1)) == UnitStatus::kBadLayerCount);
  CHECK(status_of(with<std::uint16_t>(6, kMostLayers + 1)) == UnitStatus::kBadLayerCount);
  CHECK(status_of(with<std::uint8_t>(record(2), 4)) == UnitStatus::kBadLayer);
  CHECK(status_of(with<std::uint8_t>(record(0) + 1, 0)) == UnitStatus::kBadLayer);
  CHECK(status_of(with<std::uint8_t>(record(0) + 2, 0)) == UnitStatus::kBadLayer);
  CHECK(status_of(with<std::uint8_t>(record(0) + 3, 3)) == UnitStatus::kBadLayer);
  CHECK(status_of(with<std::uint8_t>(record(2) + 5, 241)) == UnitStatus::kBadLayer);
  CHECK(status_of(with<std::uint16_t>(record(2) + 8, 5)) == UnitStatus::kBadLayer);
  CHECK(status_of(with<std::uint8_t>(record(2), 3)) == UnitStatus::kBadHead);
  CHECK(status_of(with<std::uint16_t>(24, 4)) == UnitStatus::kBadHead);
  CHECK(status_of(with<std::uint32_t>(record(3) + 20, static_cast<std::uint32_t>(good.size()))) ==
        UnitStatus::kBadPart);
  CHECK(status_of(with<std::uint32_t>(record(3) + 20, 0xFFFFFFFC)) == UnitStatus::kBadPart);
  std::uint32_t parameters = 0;
  std::memcpy(&parameters, good.data() + record(0) + 20, 4);
  CHECK(status_of(with<std::int32_t>(parameters, kMostBias + 1)) == UnitStatus::kBadBias);
  CHECK(status_of(with<std::int32_t>(parameters, std::numeric_limits<std::int32_t>::min())) == UnitStatus::kBadBias);
  CHECK(status_of(with<std::uint8_t>(parameters + 7 * 4, 0)) == UnitStatus::kBadRescale);
  CHECK(status_of(with<std::uint8_t>(parameters + 7 * 4, 63)) == UnitStatus::kBadRescale);
  CHECK(status_of(with<std::uint16_t>(20, 7)) == UnitStatus::kBadFeatures);
  CHECK(status_of(with<std::uint16_t>(22, 6)) == UnitStatus::kBadFeatures);
  CHECK(status_of(with<std::int16_t>(28, -129)) == UnitStatus::kBadSymbols);
  CHECK(status_of(with<std::int16_t>(30, 128)) == UnitStatus::kBadSymbols);
  CHECK(status_of(with<std::int16_t>(30, -31)) == UnitStatus::kBadSymbols);
  CHECK(status_of(with<std::uint16_t>(32, 7)) == UnitStatus::kBadSymbols);
  CHECK(status_of(with<std::uint32_t>(40, 0xFFFFFFFF)) == UnitStatus::kBadArena);
  CHECK(status_of(with<std::uint32_t>(44, 2)) == UnitStatus::kBadArena);
  CHECK(status_of(with<std::uint32_t>(12, 100)) == UnitStatus::kBadArena);
  CHECK(status_of(with<float>(48, 0)) == UnitStatus::kBadShare);
  CHECK(status_of(with<float>(48, std::numeric_limits<float>::infinity())) == UnitStatus::kBadShare);
  CHECK(status_of(with<std::uint32_t>(52, 0xFFFFFFFF)) == UnitStatus::kBadPart);
  CHECK(status_of(with<std::uint32_t>(60, 0xFFFFFFFF)) == UnitStatus::kBadPart);
}

TEST_CASE("a symbol model that is damaged or of other features makes no unit") {
  UnitPlan plan = test::with_symbol_model(test::random_plan(4));
  REQUIRE_FALSE(plan.coding.empty());
  const Bytes good = *write_device_unit(plan);
  std::uint32_t coding = 0;
  std::memcpy(&coding, good.data() + 56, 4);
  CHECK(status_of(with<std::uint8_t>(coding, 99, good)) == UnitStatus::kBadCoding);
  CHECK(status_of(with<std::uint32_t>(60, static_cast<std::uint32_t>(plan.coding.size() - 1), good)) ==
        UnitStatus::kBadCoding);
  // One channel more is local, so that one fewer is sent than the model has.
  plan.local_channels = 3;
  plan.shares.pop_back();
  const auto other = write_device_unit(plan);
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().message.find("symbol model") != std::string::npos);
}

TEST_CASE("results that overlap what is still needed are refused") {
  const Bytes good = good_bytes();
  // Each layer's result put where its input lies.
  for (std::size_t layer = 1; layer + 1 < 6; ++layer) {
    std::uint32_t input = 0;
    std::memcpy(&input, good.data() + record(layer - 1) + 12, 4);
    CHECK(status_of(with(record(layer) + 12, input)) == UnitStatus::kBadArena);
  }
  std::uint32_t symbols = 0;
  std::memcpy(&symbols, good.data() + 40, 4);
  CHECK(status_of(with(record(3) + 12, symbols)) == UnitStatus::kBadArena);
}

TEST_CASE("a unit cut short anywhere is refused, and bytes behind it are no part of it") {
  const Bytes good = good_bytes();
  for (std::size_t size = 0; size < good.size(); ++size) {
    const UnitStatus status = status_of({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
    REQUIRE(status == UnitStatus::kTooShort);
  }
  Bytes longer = good;
  longer.resize(good.size() + 100, 0xFF);
  CHECK(status_of(longer) == UnitStatus::kGood);
}

TEST_CASE("whatever bytes are changed, what is read as a unit runs within its memory") {
  test::Noise noise{7};
  std::size_t ran = 0;
  for (int turn = 0; turn < 4000; ++turn) {
    Bytes bytes = good_bytes(static_cast<std::uint32_t>(turn % 5 + 1));
    // Mostly in the header and the records, where sizes and places are.
    const int changes = noise.between(1, 3);
    for (int i = 0; i < changes; ++i) {
      const std::size_t at = noise.next() % (noise.next() % 4 == 0 ? bytes.size() : record(6));
      bytes[at] = static_cast<std::uint8_t>(noise.next() % 3 == 0 ? 0xFF : noise.next());
    }
    DeviceUnit unit;
    if (read_device_unit(bytes, unit) != UnitStatus::kGood || unit.arena_bytes > 1 << 20) continue;
    ++ran;
    std::vector<std::uint32_t> arena((unit.arena_bytes + 3) / 4);
    const Bytes picture(unit.picture_bytes(), 200);
    const auto room = std::span(reinterpret_cast<std::uint8_t*>(arena.data()), 4 * arena.size());
    CHECK_FALSE(run(unit, picture, room).logits.empty());
  }
  CHECK(ran > 100);
}

TEST_CASE("every status has a meaning of its own") {
  for (int i = 0; i <= static_cast<int>(UnitStatus::kBadCoding); ++i) {
    CHECK(std::strcmp(describe(static_cast<UnitStatus>(i)), "an unknown status") != 0);
  }
}
