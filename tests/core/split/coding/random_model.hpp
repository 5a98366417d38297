// Coding sections and features from a seeded generator, written byte by byte so that the tests state the format once more.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "core/split/coding/symbol_model.hpp"

namespace sluice::split::test {

class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint32_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(state_ >> 33);
  }
  std::uint32_t below(std::uint32_t end) { return next() % end; }
  bool one_in(std::uint32_t count) { return below(count) == 0; }

 private:
  std::uint64_t state_;
};

struct Sizes {
  std::uint32_t channels = 3;
  std::uint32_t width = 4;
  std::uint32_t height = 4;
  std::uint32_t symbols = 7;
  int first_value = -3;
  std::uint32_t classes = 4;
  std::uint32_t earlier_channels = 2;
  std::uint32_t tables = 5;
  std::uint32_t total_bits = 12;
  std::uint32_t refinement = 1;
};

inline void put_u16(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value));
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
}

inline std::vector<std::uint8_t> section_header(const Sizes& sizes) {
  std::vector<std::uint8_t> bytes{1, static_cast<std::uint8_t>(sizes.total_bits + 16 * (sizes.refinement / 2))};
  for (const std::uint32_t size : {sizes.channels, sizes.width, sizes.height, sizes.symbols}) put_u16(bytes, size);
  bytes.push_back(static_cast<std::uint8_t>(sizes.first_value));
  bytes.push_back(static_cast<std::uint8_t>(sizes.classes));
  bytes.push_back(static_cast<std::uint8_t>(sizes.earlier_channels));
  bytes.push_back(static_cast<std::uint8_t>(sizes.tables - 1));
  return bytes;
}

// A third of the tables gives one symbol nearly all of the total, and each other symbol a share of 1.
inline std::vector<std::uint8_t> random_section(const Sizes& sizes, Numbers& numbers) {
  std::vector<std::uint8_t> bytes = section_header(sizes);
  for (std::uint32_t i = 0; i < sizes.channels * (4 + sizes.earlier_channels); ++i) {
    bytes.push_back(static_cast<std::uint8_t>(numbers.next()));
  }
  for (std::uint32_t i = 0; i < sizes.channels * (sizes.classes - 1); ++i) put_u16(bytes, numbers.below(600) - 300);
  for (std::uint32_t i = 0; i < sizes.channels * sizes.classes; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(numbers.below(sizes.tables)));
  }
  const std::uint32_t total = 1U << sizes.total_bits;
  for (std::uint32_t table = 0; table < sizes.tables; ++table) {
    std::set<std::uint32_t> starts{0};
    const bool steep = numbers.one_in(3);
    const std::uint32_t likely = numbers.below(sizes.symbols);
    for (std::uint32_t i = 1; steep && i < sizes.symbols; ++i)
      starts.insert(i <= likely ? i : total - sizes.symbols + i);
    while (starts.size() < sizes.symbols) starts.insert(numbers.below(total));
    for (const std::uint32_t start : starts) put_u16(bytes, start);
  }
  return bytes;
}

inline Sizes random_sizes(Numbers& numbers) {
  Sizes sizes;
  sizes.channels = 1 + numbers.below(5);
  sizes.width = 1 + numbers.below(6);
  sizes.height = 1 + numbers.below(6);
  sizes.symbols = 2 + numbers.below(numbers.one_in(4) ? 255 : 20);
  sizes.first_value = -static_cast<int>(numbers.below(sizes.symbols / 2 + 1));
  while (sizes.first_value + static_cast<int>(sizes.symbols) > 128) --sizes.first_value;
  sizes.classes = 1 + numbers.below(8);
  sizes.earlier_channels = numbers.below(4);
  sizes.tables = 1 + numbers.below(9);
  sizes.total_bits = 8 + numbers.below(8);
  while (sizes.symbols >= 1U << sizes.total_bits) ++sizes.total_bits;
  if (sizes.symbols <= 20 && numbers.one_in(2)) {
    sizes.refinement = 3 + 2 * numbers.below(2);
    sizes.channels *= 2;
  }
  return sizes;
}

// Values that the model codes as they are, half of them its most likely ones near the middle. Channel after channel.
inline std::vector<std::int8_t> random_features(const SymbolModel& model, Numbers& numbers) {
  std::vector<std::int8_t> values(model.features());
  const bool narrow = numbers.one_in(2);
  const int half = model.refinement / 2;
  // What is left of a coarse value has to be among the symbols as well.
  const int least_rest = std::max<int>(-half, model.first_value);
  const int most_rest = std::min(half, model.last_value());
  for (std::int8_t& value : values) {
    std::uint32_t symbol = numbers.below(model.symbols);
    if (narrow) symbol = (symbol + numbers.below(model.symbols) + model.symbols / 2U) / 3;
    const int coarse = model.first_value + static_cast<int>(std::min<std::uint32_t>(symbol, model.symbols - 1U));
    const int rest =
        least_rest + static_cast<int>(numbers.below(static_cast<std::uint32_t>(most_rest - least_rest + 1)));
    value = static_cast<std::int8_t>(coarse * model.refinement + rest);
  }
  return values;
}

// What a decoder knows of a value when so many coded channels came whole; nothing: 0.
inline int known_of(const SymbolModel& model, std::uint32_t feature_channel, int value, std::uint32_t came) {
  if (feature_channel >= came) return 0;
  if (model.refinement == 1 || feature_channel + model.feature_channels() < came) return value;
  const int half = model.refinement / 2;
  return value >= 0 ? (value + half) / model.refinement * model.refinement
                    : -((half - value) / model.refinement * model.refinement);
}

}  // namespace sluice::split::test
