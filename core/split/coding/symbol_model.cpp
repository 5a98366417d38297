#include "core/split/coding/symbol_model.hpp"

namespace sluice::split {
namespace {

bool within(std::uint32_t value, std::uint32_t least, std::uint32_t most) { return value >= least && value <= most; }

bool sizes_allowed(const SymbolModel& model) {
  return within(model.total_bits, kLeastTotalBits, kMostTotalBits) && within(model.channels, 1, kMaxChannels) &&
         within(model.width, 1, kMaxSide) && within(model.height, 1, kMaxSide) &&
         model.coded_symbols() <= kMaxFeatures && within(model.symbols, 2, kMaxSymbols) &&
         within(model.classes, 1, kMaxClasses) && (model.refinement == 1 || model.channels % 2 == 0);
}

bool table_valid(const SymbolModel& model, std::uint32_t table) {
  const std::uint8_t* starts = model.starts + std::size_t{table} * model.symbols * 2;
  std::uint32_t before = little_u16(starts);
  if (before != 0) return false;
  for (std::uint32_t i = 1; i < model.symbols; ++i) {
    const std::uint32_t start = little_u16(starts + std::size_t{i} * 2);
    if (start <= before) return false;
    before = start;
  }
  return before < std::uint32_t{1} << model.total_bits;
}

}  // namespace

Share SymbolModel::share(std::uint32_t table, std::uint32_t symbol) const {
  const std::uint8_t* entry = starts + (std::size_t{table} * symbols + symbol) * 2;
  const std::uint32_t start = little_u16(entry);
  const std::uint32_t end = symbol + 1 < symbols ? little_u16(entry + 2) : std::uint32_t{1} << total_bits;
  return {start, end - start};
}

std::uint32_t SymbolModel::symbol_at(std::uint32_t table, std::uint32_t slot) const {
  const std::uint8_t* first = starts + std::size_t{table} * symbols * 2;
  std::uint32_t found = 0;
  for (std::uint32_t above = symbols; above - found > 1;) {
    const std::uint32_t middle = (found + above) / 2;
    if (little_u16(first + std::size_t{middle} * 2) <= slot) found = middle;
    else above = middle;
  }
  return found;
}

ModelStatus read_symbol_model(std::span<const std::uint8_t> bytes, SymbolModel& model) {
  if (bytes.size() < kCodingHeaderBytes) return ModelStatus::kWrongLength;
  const std::uint8_t* header = bytes.data();
  if (header[0] != kCodingVersion) return ModelStatus::kUnknownVersion;
  SymbolModel read;
  read.total_bits = header[1] & 0xf;
  read.refinement = static_cast<std::uint8_t>(2 * (header[1] >> 4) + 1);
  read.channels = little_u16(header + 2);
  read.width = little_u16(header + 4);
  read.height = little_u16(header + 6);
  read.symbols = little_u16(header + 8);
  read.first_value = static_cast<std::int8_t>(header[10]);
  read.classes = header[11];
  read.earlier_channels = header[12];
  read.tables = static_cast<std::uint16_t>(header[13] + 1);
  if (!sizes_allowed(read)) return ModelStatus::kWrongSizes;
  if (read.first_feature_value() < -128 || read.last_feature_value() > 127) return ModelStatus::kWrongValues;
  // What has no neighbour looks at 0, which both ends have to take for a value that occurs.
  if (read.first_value > 0 || read.last_value() < 0) return ModelStatus::kWrongValues;

  const std::size_t channels = read.channels;
  const std::size_t limits = kCodingHeaderBytes + channels * (kNeighbours + read.earlier_channels);
  const std::size_t table_numbers = limits + channels * (read.classes - std::size_t{1}) * 2;
  const std::size_t starts = table_numbers + channels * read.classes;
  if (bytes.size() != starts + std::size_t{read.tables} * read.symbols * 2) return ModelStatus::kWrongLength;
  read.weights = header + kCodingHeaderBytes;
  read.limits = header + limits;
  read.table_numbers = header + table_numbers;
  read.starts = header + starts;
  for (std::size_t i = 0; i < channels * read.classes; ++i) {
    if (read.table_numbers[i] >= read.tables) return ModelStatus::kWrongTable;
  }
  for (std::uint32_t table = 0; table < read.tables; ++table) {
    if (!table_valid(read, table)) return ModelStatus::kWrongFrequency;
  }
  model = read;
  return ModelStatus::kOk;
}

}  // namespace sluice::split
