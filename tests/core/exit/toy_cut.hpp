// The classifier of toy_exits.hpp with a cut at its first place: the tensor there in five symbols, quarters from 0 to 1.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/split/coding/symbol_model_builder.hpp"
#include "tests/core/exit/toy_exits.hpp"

namespace sluice::exits::testing {

inline constexpr std::size_t kCutPlace = 0;

inline std::vector<float> toy_values() { return {0, 0.25F, 0.5F, 0.75F, 1}; }

// The coding section, learned from tensors of every symbol.
inline std::string toy_coding(std::uint32_t channels = kClasses) {
  constexpr auto kPixels = static_cast<std::size_t>(kSide * kSide);
  constexpr std::size_t kTensors = 10;
  std::vector<std::int8_t> symbols;
  for (std::size_t tensor = 0; tensor < kTensors; ++tensor) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      symbols.insert(symbols.end(), kPixels, static_cast<std::int8_t>((tensor + 2 * channel) % toy_values().size()));
    }
  }
  const auto section = split::build_symbol_model({channels, kSide, kSide, symbols}, {.classes = 4, .tables = 8});
  REQUIRE_MESSAGE(section.has_value(), (section ? std::string() : describe(section.error())));
  return {section->begin(), section->end()};
}

// [rows, 3, side, side], each row of one colour.
inline Tensor colours(const std::vector<std::vector<float>>& rows) {
  constexpr auto kPixels = static_cast<std::size_t>(kSide * kSide);
  auto tensor = *Tensor::create(DataType::kFloat32, {static_cast<std::int64_t>(rows.size()), kClasses, kSide, kSide});
  std::size_t at = 0;
  for (const auto& row : rows) {
    for (const float value : row) {
      for (std::size_t i = 0; i < kPixels; ++i) tensor.as<float>()[at++] = value;
    }
  }
  return tensor;
}

}  // namespace sluice::exits::testing
