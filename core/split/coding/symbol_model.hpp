// What both ends know of the symbols before the first one is coded: a view of the "coding section", bytes that training wrote
// (symbol_model_builder.hpp) and that device and server hold alike. The bytes belong to the caller and must outlive the view.
// Freestanding: no memory is taken, nothing throws. Any number of threads may read one view.
//
// A symbol's table of frequencies is chosen by what was coded before it: a weighted sum of the values to its left and above
// in its own channel, and at its own place in the channels before, says what is to be expected (symbol_context.hpp). Learned
// limits cut that sum into a few classes. Channels and classes share tables, which keeps the section small.
//
// With a refinement step each channel of features is coded as two: first its values in steps of so many, all channels, then
// what is left of each value, all channels again. So a payload that breaks off half-way holds all features, if coarsely.
//
// The section, little-endian:
//   u8 version, u8 total bits + 16 * half of the refinement step, u16 channels, u16 width, u16 height, u16 symbols,
//   i8 first value, u8 classes, u8 earlier channels, u8 tables - 1
//   i8  weights        [channels][4 + earlier channels]: left, above, above left, above right, the channel before, ...; of
//                      what is left of a value, its neighbours' whole values, its own coarse one, the channel before, ...
//   i16 limits         [channels][classes - 1]: a sum belongs to the class whose number is how many of them it reaches
//   u8  table numbers  [channels][classes]
//   u16 starts         [tables][symbols]: where each symbol's share of 2^(total bits) begins
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/split/little_endian.hpp"

namespace sluice::split {

inline constexpr std::uint8_t kCodingVersion = 1;
inline constexpr std::size_t kCodingHeaderBytes = 14;
inline constexpr std::uint32_t kMaxChannels = 256;
inline constexpr std::uint32_t kMaxSide = 256;
inline constexpr std::uint32_t kMaxFeatures = std::uint32_t{1}
                                              << 18;  // of all channels: what a payload can cost to decode
inline constexpr std::uint32_t kMaxSymbols = 256;
inline constexpr std::uint32_t kMaxClasses = 32;
inline constexpr std::uint32_t kMaxTables = 256;
inline constexpr unsigned kLeastTotalBits = 8;
inline constexpr unsigned kMostTotalBits = 15;
inline constexpr std::uint32_t kNeighbours = 4;  // in the symbol's own channel
inline constexpr unsigned kMostRefinement = 31;  // odd, as all steps are: a value may be rounded up as far as down

enum class ModelStatus : std::uint8_t {
  kOk,
  kUnknownVersion,
  kWrongLength,     // fewer or more bytes than the sizes in the header need
  kWrongSizes,      // channels, width, height, symbols, classes or total bits outside their limits
  kWrongValues,     // a feature's largest or least value does not fit in int8, or 0 is no value
  kWrongTable,      // a table's number is not below the number of tables
  kWrongFrequency,  // a table does not begin at 0, or leaves a symbol without a share
};

// A symbol's share of the total.
struct Share {
  std::uint32_t start = 0;
  std::uint32_t size = 0;
};

struct SymbolModel {
  std::uint16_t channels = 0;  // that are coded
  std::uint16_t width = 0;     // of a channel
  std::uint16_t height = 0;
  std::uint16_t symbols = 0;
  std::uint16_t tables = 0;
  std::uint8_t refinement = 1;  // step of the values that are coded first; 1: they are coded at once
  std::int8_t first_value = 0;
  std::uint8_t total_bits = 0;
  std::uint8_t classes = 0;
  std::uint8_t earlier_channels = 0;  // how many of those before a channel its expectations look at, at most

  const std::uint8_t* weights = nullptr;
  const std::uint8_t* limits = nullptr;
  const std::uint8_t* table_numbers = nullptr;
  const std::uint8_t* starts = nullptr;

  std::uint32_t positions() const { return std::uint32_t{width} * height; }
  int last_value() const { return first_value + symbols - 1; }
  std::uint32_t coded_symbols() const { return channels * positions(); }

  // Of the features themselves.
  std::uint16_t feature_channels() const {
    return static_cast<std::uint16_t>(refinement > 1 ? channels / 2 : channels);
  }
  std::uint32_t features() const { return feature_channels() * positions(); }
  int first_feature_value() const { return first_value * refinement - refinement / 2; }
  int last_feature_value() const { return last_value() * refinement + refinement / 2; }
  std::uint32_t feature_values() const {
    return static_cast<std::uint32_t>(last_feature_value() - first_feature_value() + 1);
  }

  // Preconditions: read_symbol_model() accepted the bytes; table < tables, symbol < symbols, slot < 2^total_bits.
  Share share(std::uint32_t table, std::uint32_t symbol) const;
  std::uint32_t symbol_at(std::uint32_t table, std::uint32_t slot) const;
};

// Checks everything that later reads rely on. On failure `model` stays as it was.
ModelStatus read_symbol_model(std::span<const std::uint8_t> bytes, SymbolModel& model);

}  // namespace sluice::split
