// Learns a coding section (symbol_model.hpp) from features of many inputs:
// - weights of the expectation by least squares, channel by channel (expectation_weights.hpp);
// - limits between classes of expectations where they save most (class_limits.hpp);
// - tables shared by the channels and classes whose symbols are distributed alike (shared_tables.hpp).
// Hosted, for trainers and tests. Pure functions.
//
// What it is worth, 24 channels of 8x8 from CIFAR-10 of a network half trained: 294 bytes a picture with a section of 3.6 kB;
// 320 without earlier channels, 352 with a table a channel, 455 by LZW. Twice the tables save 3 bytes. Counts that adapt within
// a payload would save 1 %, and are left out: a device would have to keep tables of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::split {

// Features' values of the sent channels, input after input, each channel after channel and row after row. Borrowed.
struct FeatureSamples {
  std::uint32_t channels = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::span<const std::int8_t> values;

  std::size_t features() const { return std::size_t{channels} * width * height; }
  std::size_t count() const { return values.size() / features(); }
};

struct SymbolModelOptions {
  std::uint32_t classes = 16;           // of the expectation; 1: a channel's symbols have one table
  std::uint32_t earlier_channels = 32;  // that expectations look back at, where there are as many
  std::uint32_t tables = 32;            // at most
  unsigned total_bits = 15;
  std::uint32_t refinement = 1;  // step of what is coded first (symbol_model.hpp), odd; 1: values are coded at once
};

// The model has symbols for the values that occur, and those between. Failures: kInvalidArgument, naming what is outside the
// limits of a model, or samples that are no whole inputs.
Result<std::vector<std::uint8_t>> build_symbol_model(const FeatureSamples& samples,
                                                     const SymbolModelOptions& options = {});

}  // namespace sluice::split
