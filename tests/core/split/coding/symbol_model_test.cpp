#include "core/split/coding/symbol_model.hpp"

#include <doctest/doctest.h>

#include "core/split/coding/symbol_context.hpp"
#include "tests/core/split/coding/random_model.hpp"

using namespace sluice::split;
using sluice::split::test::Numbers;

namespace {

using Section = std::vector<std::uint8_t>;

ModelStatus status_of(const Section& section) {
  SymbolModel model;
  return read_symbol_model(section, model);
}

Section usual(const test::Sizes& sizes = {}) {
  Numbers numbers(4);
  return test::random_section(sizes, numbers);
}

// The byte at `offset` from the section's end changed to `value`.
Section with(Section section, std::size_t offset, std::uint8_t value) {
  section[offset] = value;
  return section;
}

}  // namespace

TEST_CASE("a section is read as it was written") {
  SymbolModel model;
  const Section section = usual();
  REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
  CHECK(model.channels == 3);
  CHECK(model.positions() == 16);
  CHECK(model.features() == 48);
  CHECK(model.symbols == 7);
  CHECK(model.first_value == -3);
  CHECK(model.last_value() == 3);
  CHECK(model.classes == 4);
  CHECK(model.earlier_channels == 2);
  CHECK(model.tables == 5);
  CHECK(model.starts + 5 * 7 * 2 == section.data() + section.size());
}

TEST_CASE("shares of a table cover its total once, and every slot finds its symbol") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Numbers numbers(seed);
    const Section section = test::random_section(test::random_sizes(numbers), numbers);
    SymbolModel model;
    REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
    for (std::uint32_t table = 0; table < model.tables; ++table) {
      std::uint32_t at = 0;
      for (std::uint32_t symbol = 0; symbol < model.symbols; ++symbol) {
        const Share share = model.share(table, symbol);
        REQUIRE(share.start == at);
        REQUIRE(share.size > 0);
        REQUIRE(model.symbol_at(table, share.start) == symbol);
        REQUIRE(model.symbol_at(table, share.start + share.size - 1) == symbol);
        at += share.size;
      }
      CHECK(at == 1U << model.total_bits);
    }
  }
}

TEST_CASE("a section that is too short or too long is refused, whatever its length") {
  const Section section = usual();
  for (std::size_t bytes = 0; bytes < section.size(); ++bytes) {
    CHECK(status_of({section.begin(), section.begin() + static_cast<std::ptrdiff_t>(bytes)}) ==
          ModelStatus::kWrongLength);
  }
  Section longer = section;
  longer.push_back(0);
  CHECK(status_of(longer) == ModelStatus::kWrongLength);
}

TEST_CASE("each size in the header has its limits") {
  const auto with_sizes = [](auto change) {
    test::Sizes sizes;
    change(sizes);
    return status_of(test::section_header(sizes));
  };
  using test::Sizes;
  CHECK(with_sizes([](Sizes&) {}) == ModelStatus::kWrongLength);  // the header alone, otherwise sound
  CHECK(with_sizes([](Sizes& s) { s.channels = 0; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.channels = kMaxChannels + 1; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.width = 0; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.width = kMaxSide + 1; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.height = 0; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.height = 0xffff; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.channels = 5, s.width = s.height = 256; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.channels = 4, s.width = s.height = 256; }) == ModelStatus::kWrongLength);
  CHECK(with_sizes([](Sizes& s) { s.symbols = 1; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.symbols = kMaxSymbols + 1; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.classes = 0; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.classes = kMaxClasses + 1; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.total_bits = 7; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.total_bits = 16; }) == ModelStatus::kWrongSizes);
  CHECK(with_sizes([](Sizes& s) { s.first_value = 122; }) == ModelStatus::kWrongValues);
  // 0, which stands for what is not there, has to be a value.
  CHECK(with_sizes([](Sizes& s) { s.first_value = 1; }) == ModelStatus::kWrongValues);
  CHECK(with_sizes([](Sizes& s) { s.first_value = 0; }) == ModelStatus::kWrongLength);
  CHECK(with_sizes([](Sizes& s) { s.first_value = static_cast<int>(1 - s.symbols); }) == ModelStatus::kWrongLength);
  CHECK(with_sizes([](Sizes& s) { s.first_value = static_cast<int>(-s.symbols); }) == ModelStatus::kWrongValues);
  CHECK(with_sizes([](Sizes& s) { s.refinement = 3; }) == ModelStatus::kWrongSizes);  // of three channels
  CHECK(with_sizes([](Sizes& s) { s.channels = 4, s.refinement = 31; }) == ModelStatus::kWrongLength);
  CHECK(with_sizes([](Sizes& s) { s.channels = 4, s.refinement = 31, s.first_value = 0; }) ==
        ModelStatus::kWrongValues);
  CHECK(with_sizes([](Sizes& s) { s.channels = 4, s.refinement = 3, s.first_value = -43; }) ==
        ModelStatus::kWrongValues);
  CHECK(status_of(with(usual(), 0, kCodingVersion + 1)) == ModelStatus::kUnknownVersion);
}

TEST_CASE("a table that is not there, or leaves a symbol out, is refused") {
  const Section section = usual();
  const std::size_t starts = section.size() - 5 * 7 * 2;
  CHECK(status_of(with(section, starts - 1, 5)) == ModelStatus::kWrongTable);
  CHECK(status_of(with(section, starts - 12, 255)) == ModelStatus::kWrongTable);
  CHECK(status_of(with(section, starts, 1)) == ModelStatus::kWrongFrequency);
  Section equal = section;
  for (const std::size_t byte : {0U, 1U}) equal[starts + 2 * 3 + byte] = equal[starts + 2 * 2 + byte];
  CHECK(status_of(equal) == ModelStatus::kWrongFrequency);
  Section past = section;  // the last symbol's start at the total itself
  past[past.size() - 2] = 0;
  past[past.size() - 1] = 16;
  CHECK(status_of(past) == ModelStatus::kWrongFrequency);
}

TEST_CASE("a refused section leaves the model as it was") {
  SymbolModel model;
  const Section section = usual();
  REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
  REQUIRE(read_symbol_model(Section{}, model) != ModelStatus::kOk);
  CHECK(model.channels == 3);
}

TEST_CASE("an expectation looks left, up and back, and nowhere else") {
  test::Sizes sizes;  // three channels of 4x4, two of them looked back at
  Section section = usual(sizes);
  const std::int8_t weights[] = {1, 2, 4, 8, 16, 32};
  for (std::size_t i = 0; i < 18; ++i) section[kCodingHeaderBytes + i] = static_cast<std::uint8_t>(weights[i % 6]);
  SymbolModel model;
  REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
  const auto seen_from = [&](std::uint32_t channel, std::uint32_t x, std::uint32_t y) {
    std::vector<std::int32_t> seen;
    for (std::size_t i = 0; i < 48; ++i) {
      std::vector<std::int8_t> values(48);
      values[i] = 1;
      const FeatureView view(model, values.data(), 1, 16);
      if (const std::int32_t sum = expectation(model, view, channel, x, y); sum != 0) {
        seen.push_back(static_cast<std::int32_t>(i) * 100 + sum);
      }
    }
    return seen;
  };
  using Seen = std::vector<std::int32_t>;
  CHECK(seen_from(0, 0, 0) == Seen{});
  CHECK(seen_from(0, 1, 0) == Seen{1});
  CHECK(seen_from(0, 0, 1) == Seen{2, 108});
  CHECK(seen_from(0, 3, 1) == Seen{204, 302, 601});
  CHECK(seen_from(0, 2, 1) == Seen{104, 202, 308, 501});
  CHECK(seen_from(1, 0, 0) == Seen{16});
  CHECK(seen_from(2, 2, 1) == Seen{632, 2216, 3304, 3402, 3508, 3701});
}

TEST_CASE("in two steps: what is left of a value looks at whole neighbours and at its own coarse value") {
  test::Sizes sizes;
  sizes.channels = 4;  // two of features
  sizes.refinement = 3;
  Section section = usual(sizes);
  const std::int8_t weights[] = {1, 2, 4, 8, 16, 32};
  for (std::size_t i = 0; i < 24; ++i) section[kCodingHeaderBytes + i] = static_cast<std::uint8_t>(weights[i % 6]);
  SymbolModel model;
  REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
  CHECK(model.feature_channels() == 2);
  CHECK(model.features() == 32);
  CHECK(model.first_feature_value() == -10);
  CHECK(model.last_feature_value() == 10);
  const auto sum_with = [&](std::size_t at, int value, std::uint32_t channel) {
    std::vector<std::int8_t> values(32);
    values[at] = static_cast<std::int8_t>(value);
    return expectation(model, FeatureView(model, values.data(), 1, 16), channel, 1, 1);
  };
  // Left of (1, 1): 5 coarse is 2; refined it is looked at whole, within the symbols' values.
  CHECK(sum_with(4, 5, 0) == 2);
  CHECK(sum_with(4, 2, 2) == 2);
  CHECK(sum_with(4, 5, 2) == 3);
  // In its own place: -5 is -2 coarse and 1 more; not looked at by the first step.
  CHECK(sum_with(5, -5, 0) == 0);
  CHECK(sum_with(5, -5, 2) == 16 * -2);
  CHECK(sum_with(16 + 5, -5, 3) == 16 * -2);
  CHECK(sum_with(5, -5, 3) == 32 * 1);
}

TEST_CASE("every value of int8 is its coarse value and what is left, by every step") {
  for (int step = 1; step <= 31; step += 2) {
    for (int value = -128; value <= 127; ++value) {
      const auto held = static_cast<std::int8_t>(value);
      const FeatureView view(&held, 1, 1, 1, step);
      const int rest = step == 1 ? 0 : view.at(1, 0);
      REQUIRE(view.at(0, 0) * step + rest == value);
      REQUIRE(std::abs(rest) <= step / 2);
    }
  }
}
