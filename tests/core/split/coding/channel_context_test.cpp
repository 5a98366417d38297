// The tables that a channel's context gives are those of symbol_context.hpp, whatever the shape, the step and the stride.
#include <doctest/doctest.h>

#include <vector>

#include "core/split/coding/channel_context.hpp"
#include "tests/core/split/coding/random_model.hpp"

using namespace sluice::split;

namespace {

void check_tables(const SymbolModel& model, const FeatureView& features) {
  for (std::uint32_t channel = 0; channel < model.channels; ++channel) {
    ChannelContext context(model, features, channel);
    for (std::uint32_t y = 0; y < model.height; ++y) {
      context.begin_row(y);
      for (std::uint32_t x = 0; x < model.width; ++x) {
        REQUIRE(context.table(x) == table_of(model, features, channel, x, y));
      }
    }
  }
}

// Values beyond the model's symbols among them, which are clamped.
std::vector<std::int8_t> any_values(std::size_t count, test::Numbers& numbers) {
  std::vector<std::int8_t> values(count);
  for (std::int8_t& value : values) value = static_cast<std::int8_t>(numbers.next());
  return values;
}

void check_model(const test::Sizes& sizes, test::Numbers& numbers) {
  const std::vector<std::uint8_t> section = test::random_section(sizes, numbers);
  SymbolModel model;
  REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
  const auto values = any_values(model.features(), numbers);
  check_tables(model, FeatureView(model, values.data(), 1, model.positions()));         // channel after channel
  check_tables(model, FeatureView(model, values.data(), model.feature_channels(), 1));  // place after place
}

}  // namespace

TEST_CASE("a channel's tables are those of each of its symbols") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    test::Numbers numbers(seed);
    check_model(test::random_sizes(numbers), numbers);
  }
}

TEST_CASE("channels of more places than are added up at once") {
  for (const std::uint32_t width : {1U, 3U, 100U, 256U}) {
    CAPTURE(width);
    test::Numbers numbers(width);
    test::Sizes sizes;
    sizes.width = width;
    sizes.height = width == 1 ? 256 : 17;
    sizes.channels = 4;
    sizes.refinement = 3;
    sizes.classes = 32;
    check_model(sizes, numbers);
  }
}
