// The C interface of the device half, natively, and the vectors that other machines are compared by.
#include "wasm/lite/sluice_lite.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "core/split/coding/range_decoder.hpp"
#include "core/split/device/interpreter.hpp"
#include "core/split/little_endian.hpp"
#include "tests/core/split/device/random_unit.hpp"
#include "tests/wasm/lite/vectors.hpp"

namespace {

using namespace sluice;

std::vector<std::uint8_t> small_unit() {
  return *split::write_device_unit(test::with_symbol_model(test::random_plan(4)));
}

struct Memory {
  explicit Memory(std::size_t size) : words((size + 7) / 8) {}
  sluice_lite* context() { return reinterpret_cast<sluice_lite*>(words.data()); }
  std::vector<std::uint64_t> words;
};

}  // namespace

TEST_CASE("kept vectors come out again: symbols, payloads and logits change for nobody") {
  std::ifstream file(SLUICE_SOURCE_DIR "/tests/wasm/lite/vectors.bin", std::ios::binary);
  const std::vector<std::uint8_t> kept{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(kept.size() > 4);
  const std::size_t unit_bytes = split::little_u32(kept.data());
  REQUIRE(unit_bytes + 4 < kept.size());
  const auto plan = test::random_plan(4);
  const auto vectors = test::make_vectors(std::span(kept).subspan(4, unit_bytes),
                                          {test::random_picture(plan, 105), test::random_picture(plan, 106)});
  CHECK(vectors == kept);
}

TEST_CASE("a context runs, encodes and combines within the memory that it asked for") {
  const auto unit = small_unit();
  const std::size_t needed = sluice_lite_bytes(unit.data(), unit.size());
  Memory memory(needed);
  CHECK(sluice_lite_open(memory.words.data(), needed - 1, unit.data(), unit.size()) == SLUICE_LITE_TOO_LITTLE_MEMORY);
  REQUIRE(sluice_lite_open(memory.words.data(), needed, unit.data(), unit.size()) == SLUICE_LITE_GOOD);
  sluice_lite* const context = memory.context();
  CHECK(context->picture_width == 12);
  CHECK(context->classes == 3);
  CHECK(context->coded_channels == 4);
  // Before the first run there is nothing to encode or to combine.
  CHECK(sluice_lite_encode(context, 1000, 4) == 0);
  CHECK(sluice_lite_combine(context, 0) == SLUICE_LITE_BAD_ARGUMENT);
  const auto picture = test::random_picture(test::random_plan(4), 105);
  std::copy(picture.begin(), picture.end(), context->picture);
  REQUIRE(sluice_lite_run(context) == SLUICE_LITE_GOOD);
  const std::uint32_t all = sluice_lite_encode(context, 0xFFFFFFFF, 4);
  CHECK(context->payload_channels == 4);
  split::DeviceUnit read;
  REQUIRE(split::read_device_unit(unit, read) == split::UnitStatus::kGood);
  std::vector<std::int8_t> decoded(read.coding.features());
  const auto found = split::decode_features(read.coding, {context->payload, all}, decoded);
  REQUIRE(found.has_value());
  CHECK(found->channels == 4);
  CHECK(decoded[24] == context->symbols[3]);
  CHECK(context->ends[3] == all);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto cut = split::decode_features(read.coding, {context->payload, context->ends[i]}, decoded);
    REQUIRE(cut.has_value());
    CHECK(cut->channels >= i + 1);
  }
  CHECK(sluice_lite_encode(context, all / 2, 4) <= all / 2);
  CHECK(sluice_lite_encode(context, all, 3) == context->ends[2]);
  CHECK(sluice_lite_encode(context, 0, 4) == 0);
  CHECK(context->payload_channels == 0);
  sluice_lite_encode(context, all, 4);
  CHECK(sluice_lite_encode(context, all, 5) == 0);  // more channels than are coded, as of an answer below
  CHECK(context->payload_channels == 0);
  REQUIRE(sluice_lite_combine(context, 0) == SLUICE_LITE_GOOD);
  CHECK(std::equal(context->local, context->local + 3, context->combined));
  CHECK(sluice_lite_combine(context, 5) == SLUICE_LITE_BAD_ARGUMENT);
}

TEST_CASE(
    "ends of plain pictures' channels, which cost next to nothing, grow, hold the channel, and lie a few bytes too far "
    "at most") {
  std::ifstream file(SLUICE_SOURCE_DIR "/bundles/cifar10-split/device.unit", std::ios::binary);
  const std::vector<std::uint8_t> unit{std::istreambuf_iterator<char>(file), {}};
  split::DeviceUnit read;
  REQUIRE(split::read_device_unit(unit, read) == split::UnitStatus::kGood);
  Memory memory(sluice_lite_bytes(unit.data(), unit.size()));
  REQUIRE(sluice_lite_open(memory.words.data(), memory.words.size() * 8, unit.data(), unit.size()) == SLUICE_LITE_GOOD);
  sluice_lite* const context = memory.context();
  const std::size_t bytes = std::size_t{3} * context->picture_width * context->picture_height;
  std::vector<std::int8_t> decoded(read.coding.features());
  std::mt19937 random(1);
  for (unsigned picture = 0; picture < 40; ++picture) {
    const auto level = random() % 200;
    const auto noise = 1 + random() % 8 * (picture % 4);
    for (std::size_t i = 0; i < bytes; ++i)
      context->picture[i] = static_cast<std::uint8_t>(level + random() % noise + i % 3 * (picture % 9));
    REQUIRE(sluice_lite_run(context) == SLUICE_LITE_GOOD);
    sluice_lite_encode(context, 0xFFFFFFFF, context->coded_channels);
    REQUIRE(context->payload_channels == context->coded_channels);
    for (std::uint32_t i = 0; i < context->coded_channels; ++i) {
      CHECK((i == 0 || context->ends[i] >= context->ends[i - 1]));
      const auto cut = split::decode_features(read.coding, {context->payload, context->ends[i]}, decoded);
      REQUIRE(cut.has_value());
      CHECK(cut->channels > i);
      // A client takes an answer from so many for what the bytes may hold (core/pipeline/split_payload.cpp).
      CHECK(context->ends[cut->channels - 1] <= context->ends[i] + 5);
    }
  }
}

TEST_CASE("what is no unit is not opened, and the status says why") {
  auto unit = small_unit();
  Memory memory(100'000);
  void* const at = memory.words.data();
  CHECK(sluice_lite_version() == SLUICE_LITE_VERSION);
  CHECK(sluice_lite_open(at, 100'000, unit.data(), 10) == static_cast<int>(split::UnitStatus::kTooShort));
  CHECK(sluice_lite_open(nullptr, 100'000, unit.data(), unit.size()) == SLUICE_LITE_BAD_ARGUMENT);
  CHECK(sluice_lite_open(static_cast<std::uint8_t*>(at) + 4, 90'000, unit.data(), unit.size()) ==
        SLUICE_LITE_BAD_ARGUMENT);
  CHECK(sluice_lite_open(at, 8, unit.data(), unit.size()) == SLUICE_LITE_TOO_LITTLE_MEMORY);
  unit[0] = 'X';
  CHECK(sluice_lite_open(at, 100'000, unit.data(), unit.size()) == static_cast<int>(split::UnitStatus::kNotAUnit));
  CHECK(sluice_lite_bytes(unit.data(), unit.size()) == 0);
  CHECK(sluice_lite_bytes(nullptr, 0) == 0);
}
