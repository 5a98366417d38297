#include "core/adapt/placement/jpeg_quantiser.hpp"

#include <cstddef>

namespace sluice::adapt {
namespace {

constexpr std::uint8_t kStartOfPicture = 0xd8;
constexpr std::uint8_t kTables = 0xdb;
constexpr std::uint8_t kStartOfScan = 0xda;
constexpr std::size_t kTableValues = 64;
constexpr double kStandardSum = 3688;  // of the example table for brightness in the standard's Annex K

// Of a segment of tables, the one of number 0.
std::optional<double> first_table(std::span<const std::uint8_t> tables) {
  while (!tables.empty()) {
    const bool wide = tables[0] >> 4 != 0;
    const bool first = (tables[0] & 15) == 0;
    const std::size_t bytes = kTableValues * (wide ? 2 : 1);
    if (tables.size() < 1 + bytes) return std::nullopt;
    double sum = 0;
    for (std::size_t i = 0; i < bytes; ++i) sum += tables[1 + i] * (wide && i % 2 == 0 ? 256.0 : 1.0);
    if (first) return sum > 0 ? std::optional<double>(sum / kStandardSum) : std::nullopt;
    tables = tables.subspan(1 + bytes);
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> jpeg_quantiser(std::span<const std::uint8_t> file) {
  if (file.size() < 4 || file[0] != 0xff || file[1] != kStartOfPicture) return std::nullopt;
  std::size_t at = 2;
  while (at + 4 <= file.size() && file[at] == 0xff) {
    const std::uint8_t kind = file[at + 1];
    if (kind == 0xff) {  // fill before a marker
      ++at;
      continue;
    }
    if (kind == kStartOfScan) return std::nullopt;
    const std::size_t length = file[at + 2] * std::size_t{256} + file[at + 3];
    if (length < 2 || at + 2 + length > file.size()) return std::nullopt;
    if (kind == kTables) {
      const auto found = first_table(file.subspan(at + 4, length - 2));
      if (found) return found;
    }
    at += 2 + length;
  }
  return std::nullopt;
}

}  // namespace sluice::adapt
