#include "core/split/coding/symbol_model_builder.hpp"

#include <algorithm>
#include <limits>

#include "core/split/coding/class_limits.hpp"
#include "core/split/coding/expectation_weights.hpp"
#include "core/split/coding/shared_tables.hpp"
#include "core/split/coding/symbol_context.hpp"
#include "core/split/coding/symbol_model.hpp"

namespace sluice::split {
namespace {

// The parts of a section, as they are written.
struct Section {
  std::uint32_t channels = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t symbols = 0;
  int first_value = 0;
  std::uint32_t classes = 1;
  std::uint32_t earlier_channels = 0;
  unsigned total_bits = kMostTotalBits;
  std::uint32_t refinement = 1;
  std::vector<std::int8_t> weights{};
  std::vector<std::int16_t> limits{};
  std::vector<std::uint8_t> table_numbers{};
  std::vector<std::vector<std::uint16_t>> starts{};
};

void put(std::vector<std::uint8_t>& bytes, std::uint32_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

std::vector<std::uint8_t> write(const Section& section) {
  std::vector<std::uint8_t> bytes{kCodingVersion,
                                  static_cast<std::uint8_t>(section.total_bits | section.refinement / 2 << 4)};
  for (const std::uint32_t size : {section.channels, section.width, section.height, section.symbols})
    put(bytes, size, 2);
  put(bytes, static_cast<std::uint32_t>(section.first_value), 1);
  put(bytes, section.classes, 1);
  put(bytes, section.earlier_channels, 1);
  put(bytes, static_cast<std::uint32_t>(section.starts.size() - 1), 1);
  for (const std::int8_t weight : section.weights) put(bytes, static_cast<std::uint32_t>(weight), 1);
  for (const std::int16_t limit : section.limits) put(bytes, static_cast<std::uint32_t>(limit), 2);
  bytes.insert(bytes.end(), section.table_numbers.begin(), section.table_numbers.end());
  for (const auto& table : section.starts) {
    for (const std::uint16_t start : table) put(bytes, start, 2);
  }
  return bytes;
}

// The symbols of one channel in all samples, with what `model`'s weights lead to expect.
std::vector<ExpectedSymbol> expected_symbols(const FeatureSamples& samples, const SymbolModel& model,
                                             std::uint32_t channel) {
  std::vector<ExpectedSymbol> found;
  found.reserve(samples.count() * model.positions());
  for (std::size_t input = 0; input < samples.count(); ++input) {
    const FeatureView view(model, samples.values.data() + input * samples.features(), 1, model.positions());
    for (std::uint32_t y = 0; y < samples.height; ++y) {
      for (std::uint32_t x = 0; x < samples.width; ++x) {
        const int symbol = view.at(channel, y * samples.width + x) - model.first_value;
        found.push_back(
            {static_cast<std::int16_t>(expectation(model, view, channel, x, y)), static_cast<std::uint8_t>(symbol)});
      }
    }
  }
  return found;
}

// The least and the largest value of a symbol: of those that are coded first, and of what may be left of any.
std::pair<int, int> symbol_values(const FeatureSamples& samples, int step) {
  const auto [least, most] = std::minmax_element(samples.values.begin(), samples.values.end());
  if (step == 1) return {*least, *most};
  const std::int8_t ends[] = {*least, *most};
  const FeatureView view(ends, 1, 1, 2, step);
  return {std::min(view.at(0, 0), -(step / 2)), std::max(view.at(1, 0), step / 2)};
}

Result<void> check(const FeatureSamples& samples, const SymbolModelOptions& options) {
  const std::uint64_t features = std::uint64_t{samples.channels} * samples.width * samples.height;
  if (options.refinement % 2 == 0 || options.refinement > kMostRefinement) {
    return fail(ErrorCode::kInvalidArgument,
                {"a refinement of ", options.refinement, "; odd numbers to ", kMostRefinement, " can be coded"});
  }
  const std::uint32_t times = options.refinement > 1 ? 2 : 1;
  if (samples.channels < 1 || samples.channels * times > kMaxChannels || samples.width < 1 ||
      samples.width > kMaxSide || samples.height < 1 || samples.height > kMaxSide || features * times > kMaxFeatures) {
    return fail(ErrorCode::kInvalidArgument,
                {"features of ", samples.channels, " channels of ", samples.width, "x", samples.height, ", coded ",
                 times, " times; at most ", kMaxChannels, " channels of ", kMaxSide, "x", kMaxSide, " can be coded, ",
                 kMaxFeatures, " values in all"});
  }
  if (samples.values.empty() || samples.values.size() % features != 0) {
    return fail(ErrorCode::kInvalidArgument,
                {samples.values.size(), " values are no whole inputs of ", features, " features each"});
  }
  if (options.classes < 1 || options.classes > kMaxClasses || options.tables < 1 || options.tables > kMaxTables ||
      options.total_bits < 9 || options.total_bits > kMostTotalBits) {
    return fail(ErrorCode::kInvalidArgument,
                {options.classes, " classes, ", options.tables, " tables, ", options.total_bits, " bits; at most ",
                 kMaxClasses, ", ", kMaxTables, ", and 9 to ", kMostTotalBits});
  }
  return {};
}

// Counts of each class's symbols, and the limits, of one channel. Classes that are not needed stay empty.
void learn_classes(std::vector<ExpectedSymbol> symbols, Section& section, std::uint32_t classes,
                   std::vector<SymbolCounts>& counts) {
  std::vector<std::int16_t> limits = find_class_limits(symbols, section.symbols, classes);
  limits.resize(classes - 1, std::numeric_limits<std::int16_t>::max());
  std::vector<SymbolCounts> of_class(classes, SymbolCounts(section.symbols));
  for (const ExpectedSymbol& symbol : symbols) {
    const auto reached = std::upper_bound(limits.begin(), limits.end(), symbol.expectation) - limits.begin();
    ++of_class[static_cast<std::size_t>(reached)][symbol.symbol];
  }
  section.limits.insert(section.limits.end(), limits.begin(), limits.end());
  counts.insert(counts.end(), of_class.begin(), of_class.end());
}

}  // namespace

Result<std::vector<std::uint8_t>> build_symbol_model(const FeatureSamples& samples, const SymbolModelOptions& options) {
  if (auto checked = check(samples, options); !checked) return fail(checked.error());
  const auto step = static_cast<int>(options.refinement);
  Section section{.channels = samples.channels * (step > 1 ? 2 : 1), .width = samples.width, .height = samples.height};
  const auto [least, most] = symbol_values(samples, step);
  section.first_value = std::min<int>(least, 0);  // 0 is a value of every model
  section.symbols = static_cast<std::uint32_t>(std::max(std::max<int>(most, 0) - section.first_value + 1, 2));
  section.earlier_channels = options.classes == 1 ? 0 : std::min(options.earlier_channels, section.channels - 1);
  section.total_bits = options.total_bits;
  section.refinement = options.refinement;
  section.weights = fit_expectation_weights(samples, step, section.earlier_channels);
  section.table_numbers.assign(section.channels, 0);
  // A table for the time being: what is read of this model are its weights.
  section.starts.resize(1);
  for (std::uint32_t symbol = 0; symbol < section.symbols; ++symbol) {
    section.starts[0].push_back(static_cast<std::uint16_t>(symbol));
  }
  const std::vector<std::uint8_t> weights_only = write(section);
  SymbolModel model;
  if (read_symbol_model(weights_only, model) != ModelStatus::kOk) {
    return fail(ErrorCode::kInternal, "the coding section's own reader refuses its weights");
  }
  std::vector<SymbolCounts> counts;
  for (std::uint32_t channel = 0; channel < section.channels; ++channel) {
    learn_classes(expected_symbols(samples, model, channel), section, options.classes, counts);
  }
  section.classes = options.classes;
  SharedTables shared = share_tables(counts, options.tables, options.total_bits);
  section.table_numbers = std::move(shared.table_of);
  section.starts = std::move(shared.starts);
  return write(section);
}

}  // namespace sluice::split
