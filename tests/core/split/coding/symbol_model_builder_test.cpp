#include "core/split/coding/symbol_model_builder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "core/split/coding/class_limits.hpp"
#include "core/split/coding/expectation_weights.hpp"
#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "core/split/coding/shared_tables.hpp"
#include "tests/core/split/coding/random_model.hpp"

using namespace sluice;
using namespace sluice::split;
using sluice::split::test::Numbers;

namespace {

using Values = std::vector<std::int8_t>;

// Channels of 6x6. The first is smooth; each other one is half the one before it and half noise.
FeatureSamples smooth_samples(Values& values, std::uint32_t channels, std::size_t inputs, std::uint64_t seed) {
  Numbers numbers(seed);
  const auto noise = [&] { return static_cast<int>(numbers.below(5) + numbers.below(5)) - 4; };
  values.clear();
  for (std::size_t input = 0; input < inputs; ++input) {
    const std::size_t begin = values.size();
    const int level = static_cast<int>(numbers.below(31)) - 15;
    for (std::uint32_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < 36; ++i) {
        const int before = c == 0 ? 2 * level : values[begin + (c - 1) * 36 + i];
        values.push_back(static_cast<std::int8_t>(before / 2 + noise()));
      }
    }
  }
  return {channels, 6, 6, values};
}

std::size_t coded_bytes(const std::vector<std::uint8_t>& section, const FeatureSamples& samples) {
  SymbolModel model;
  REQUIRE(read_symbol_model(section, model) == ModelStatus::kOk);
  std::size_t bytes = 0;
  for (std::size_t input = 0; input < samples.count(); ++input) {
    const std::int8_t* values = samples.values.data() + input * samples.features();
    std::vector<std::uint8_t> out(2000);
    const EncodedFeatures encoded = encode_features(model, values, 1, 36, out, model.channels);
    REQUIRE(encoded.channels == model.channels);
    Values got(model.features());
    const auto decoded = decode_features(model, {out.data(), encoded.bytes}, got);
    REQUIRE(decoded);
    for (std::size_t i = 0; i < got.size(); ++i) {
      REQUIRE(got[i] == std::clamp<int>(values[i], model.first_feature_value(), model.last_feature_value()));
    }
    bytes += encoded.bytes;
  }
  return bytes;
}

}  // namespace

TEST_CASE("what was learned codes other features of the kind, and expectations save what they should") {
  Values learned;
  Values others;
  const FeatureSamples samples = smooth_samples(learned, 4, 400, 1);
  const FeatureSamples kept_back = smooth_samples(others, 4, 100, 2);
  const auto plain = build_symbol_model(samples, {.classes = 1});
  const auto expecting = build_symbol_model(samples);
  const auto looking_left_and_up = build_symbol_model(samples, {.earlier_channels = 0});
  REQUIRE(plain);
  REQUIRE(expecting);
  REQUIRE(looking_left_and_up);
  const double plain_bytes = static_cast<double>(coded_bytes(*plain, kept_back));
  CHECK(static_cast<double>(coded_bytes(*expecting, kept_back)) < 0.92 * plain_bytes);
  CHECK(coded_bytes(*expecting, kept_back) < coded_bytes(*looking_left_and_up, kept_back));
}

TEST_CASE("coding in two steps costs a few per cent, and half of the payload then has most of what there is to know") {
  Values learned;
  Values others;
  const FeatureSamples samples = smooth_samples(learned, 4, 400, 1);
  const FeatureSamples kept_back = smooth_samples(others, 4, 100, 2);
  const auto at_once = build_symbol_model(samples);
  const auto refined = build_symbol_model(samples, {.refinement = 3});
  REQUIRE(at_once);
  REQUIRE(refined);
  SymbolModel model;
  REQUIRE(read_symbol_model(*refined, model) == ModelStatus::kOk);
  CHECK(model.channels == 8);
  CHECK(model.feature_channels() == 4);
  const double bytes = static_cast<double>(coded_bytes(*refined, kept_back));
  CHECK(bytes < 1.08 * static_cast<double>(coded_bytes(*at_once, kept_back)));
  std::vector<std::uint8_t> out(2000);
  std::uint32_t closed[8] = {};
  encode_features(model, kept_back.values.data(), 1, 36, out, 8, closed);
  Values got(model.features());
  const auto decoded = decode_features(model, {out.data(), closed[3]}, got);
  REQUIRE(decoded);
  CHECK(decoded->channels == 4);
  for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(std::abs(got[i] - kept_back.values[i]) <= 1);
}

TEST_CASE("the same samples give the same section") {
  Values values;
  const FeatureSamples samples = smooth_samples(values, 3, 50, 3);
  CHECK(*build_symbol_model(samples) == *build_symbol_model(samples));
}

TEST_CASE("a model has the values that occur, and no more tables or classes than wanted") {
  Values values;
  const FeatureSamples samples = smooth_samples(values, 3, 100, 4);
  values[5] = -40;
  values[6] = 33;
  const auto section = build_symbol_model({3, 6, 6, values}, {.classes = 8, .tables = 5, .total_bits = 12});
  REQUIRE(section);
  SymbolModel model;
  REQUIRE(read_symbol_model(*section, model) == ModelStatus::kOk);
  CHECK(model.first_value == -40);
  CHECK(model.last_value() == 33);
  CHECK(model.classes == 8);
  CHECK(model.tables <= 5);
  CHECK(model.total_bits == 12);
  CHECK(model.earlier_channels == 2);
  coded_bytes(*section, samples);
}

TEST_CASE("features that never vary, a single value, and the widest values can be learned") {
  for (const int value : {-128, 0, 127}) {
    const Values values(2 * 4, static_cast<std::int8_t>(value));
    const auto section = build_symbol_model({2, 2, 2, values});
    REQUIRE(section);
    SymbolModel model;
    REQUIRE(read_symbol_model(*section, model) == ModelStatus::kOk);
    CHECK(model.first_value == std::min(value, 0));
    CHECK(model.last_value() == (value == 0 ? 1 : std::max(value, 0)));
  }
  const Values single{5};
  CHECK(build_symbol_model({1, 1, 1, single}));
  Values all;
  for (int value = -128; value <= 127; ++value) all.push_back(static_cast<std::int8_t>(value));
  const auto section = build_symbol_model({1, 16, 16, all}, {.total_bits = 9});
  REQUIRE(section);
  SymbolModel model;
  CHECK(read_symbol_model(*section, model) == ModelStatus::kOk);
  CHECK(model.symbols == 256);
}

TEST_CASE("samples and options outside the limits are refused by name") {
  const Values values(24);
  const auto refused = [&](const FeatureSamples& samples, const SymbolModelOptions& options) {
    const auto section = build_symbol_model(samples, options);
    REQUIRE_FALSE(section);
    CHECK(section.error().code == ErrorCode::kInvalidArgument);
    return section.error().message;
  };
  CHECK(refused({5, 2, 2, values}, {}).find("24") != std::string::npos);
  CHECK(refused({2, 2, 2, {}}, {}).find("0 values") != std::string::npos);
  CHECK(refused({0, 2, 2, values}, {}).find("0 channels") != std::string::npos);
  CHECK(refused({257, 2, 2, values}, {}).find("257") != std::string::npos);
  CHECK(refused({2, 2, 2, values}, {.classes = 33}).find("33") != std::string::npos);
  refused({2, 2, 2, values}, {.classes = 0});
  refused({2, 2, 2, values}, {.tables = 257});
  refused({2, 2, 2, values}, {.tables = 0});
  refused({2, 2, 2, values}, {.total_bits = 16});
  refused({2, 2, 2, values}, {.total_bits = 8});
}

TEST_CASE("weights find what a value follows from, and their sums stay within int16") {
  Numbers numbers(8);
  Values values;
  for (int input = 0; input < 200; ++input) {
    const std::size_t begin = values.size();
    for (int i = 0; i < 16; ++i) values.push_back(static_cast<std::int8_t>(numbers.next()));
    // The second channel is the first one's negative, halved.
    for (int i = 0; i < 16; ++i) {
      values.push_back(static_cast<std::int8_t>(-values[begin + static_cast<std::size_t>(i)] / 2));
    }
  }
  const std::vector<std::int8_t> weights = fit_expectation_weights({2, 4, 4, values}, 1, 1);
  REQUIRE(weights.size() == 10);
  for (std::size_t i = 5; i < 9; ++i) CHECK(std::abs(weights[i]) <= 2);
  CHECK(weights[9] < -100);
  for (std::size_t channel = 0; channel < 2; ++channel) {
    int sum = 0;
    for (std::size_t i = 0; i < 5; ++i) sum += std::abs(weights[channel * 5 + i]);
    CHECK(sum * 128 <= 32767);
  }
}

TEST_CASE("limits are found where symbols change, and none where they do not") {
  std::vector<ExpectedSymbol> symbols;
  Numbers numbers(9);
  for (int i = 0; i < 4000; ++i) {
    const auto expectation = static_cast<std::int16_t>(numbers.below(1000));
    const std::uint32_t symbol = expectation < 300 ? 0 : expectation < 700 ? numbers.below(4) : 3;
    symbols.push_back({expectation, static_cast<std::uint8_t>(symbol)});
  }
  const auto limits = find_class_limits(symbols, 4, 16);
  REQUIRE(limits.size() == 2);
  CHECK(std::abs(limits[0] - 300) <= 15);  // as fine as the grid
  CHECK(std::abs(limits[1] - 700) <= 15);
  CHECK(find_class_limits(symbols, 4, 1).empty());
  for (ExpectedSymbol& symbol : symbols) symbol.symbol = static_cast<std::uint8_t>(numbers.below(4));
  CHECK(find_class_limits(symbols, 4, 16).empty());
}

TEST_CASE("distributions that are alike share a table, and each symbol keeps a share") {
  const std::vector<SymbolCounts> distributions{{900, 100, 0}, {0, 0, 0}, {0, 90, 10}, {880, 120, 0}, {1, 900, 99}};
  const SharedTables shared = share_tables(distributions, 2, 9);
  REQUIRE(shared.starts.size() == 2);
  CHECK(shared.table_of[0] == shared.table_of[3]);
  CHECK(shared.table_of[2] == shared.table_of[4]);
  CHECK(shared.table_of[0] != shared.table_of[2]);
  for (const auto& starts : shared.starts) {
    CHECK(starts[0] == 0);
    CHECK(starts[1] > 0);
    CHECK(starts[2] > starts[1]);
    CHECK(starts[2] < 512);
  }
  CHECK(share_tables(distributions, 256, 9).starts.size() <= 5);
  CHECK(share_tables(distributions, 1, 15).starts.size() == 1);
}

TEST_CASE("thousands of distributions of a few kinds come to a table a kind") {
  const std::vector<SymbolCounts> kinds{{70, 20, 10}, {5, 90, 5}, {30, 30, 40}, {2, 8, 90}};
  Numbers numbers(11);
  std::vector<SymbolCounts> distributions;
  for (std::size_t i = 0; i < 3000; ++i) {
    SymbolCounts counts;
    for (const std::uint32_t share : kinds[i % 4]) counts.push_back(share * (20 + numbers.below(20)) / 2);
    distributions.push_back(i % 9 == 0 ? SymbolCounts(3) : std::move(counts));  // classes that none came to
  }
  const SharedTables shared = share_tables(distributions, 4, 12);
  REQUIRE(shared.starts.size() == 4);
  REQUIRE(shared.table_of.size() == distributions.size());
  for (std::size_t i = 4; i < distributions.size(); ++i) {
    if (i % 9 == 0 || (i % 4) % 9 == 0) continue;  // the first of a kind may be an empty one
    CHECK(shared.table_of[i] == shared.table_of[i % 4]);
  }
  // As many as there may be, of hardly more.
  const std::span<const SymbolCounts> all(distributions);
  CHECK(share_tables(all.first(300), 256, 12).starts.size() <= 256);
  CHECK(share_tables(std::vector<SymbolCounts>(400, SymbolCounts(3)), 32, 12).starts.size() == 1);
}
