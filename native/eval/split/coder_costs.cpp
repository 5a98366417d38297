#include "native/eval/split/coder_costs.hpp"

#include <algorithm>

#include "core/split/coding/lzw_features.hpp"
#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "core/split/coding/symbol_model_builder.hpp"
#include "core/split/device_half.hpp"
#include "native/eval/append_format.hpp"
#include "native/eval/split/split_runner.hpp"

namespace sluice::eval {
namespace {

constexpr std::uint32_t kLearnEvery = 10;
constexpr std::size_t kRoomPerFeature = 4;  // bytes; more than any coder takes for one

using Encode = decltype(&split::encode_features);

std::size_t section_bytes_of(const split::SymbolModel& model) {
  return split::kCodingHeaderBytes + static_cast<std::size_t>(model.starts - model.weights) +
         std::size_t{2} * model.tables * model.symbols;
}

// The sent channels of every n-th picture, each channel after channel: what the payloads say.
Result<std::vector<std::int8_t>> symbols_of(std::vector<SplitRunner>& runners, const split::SymbolModel& model,
                                            const LabelledPictures& pictures, std::uint32_t every,
                                            const SplitProgress& progress) {
  const std::size_t count = pictures.count_of_every(every);
  std::vector<std::int8_t> symbols(count * model.features());
  auto done = in_parallel(runners, count, progress, [&](SplitRunner& runner, std::size_t i) -> Result<void> {
    const auto device = runner.device(pictures.picture(i * every), pictures);
    if (!device) return fail(device.error());
    const auto place = std::span(symbols).subspan(i * model.features(), model.features());
    const auto decoded = split::decode_features(model, device->payload, place);
    if (!decoded) return fail(decoded.error());
    return {};
  });
  if (!done) return fail(done.error());
  return symbols;
}

// encode_features(), but that `ends` become those of a payload that breaks off, as the other end finds them: it needs no closing bytes.
split::EncodedFeatures encode_to_be_cut(const split::SymbolModel& model, const std::int8_t* symbols,
                                        std::size_t position_stride, std::size_t channel_stride,
                                        std::span<std::uint8_t> out, std::uint16_t most_channels, std::uint32_t* ends) {
  const auto encoded =
      split::encode_features(model, symbols, position_stride, channel_stride, out, most_channels, ends);
  const auto found = split::find_channel_ends(model, out.first(encoded.bytes));
  if (found) std::ranges::copy(*found, ends);
  return encoded;
}

// `channels`: how many a whole payload of the coder has.
CoderCost cost_of(const char* name, Encode encode, const split::SymbolModel& model, std::uint16_t channels,
                  std::size_t section_bytes, std::span<const std::int8_t> symbols,
                  std::span<const std::uint32_t> cuts) {
  std::vector<std::uint8_t> room(kRoomPerFeature * model.coded_symbols());
  std::vector<std::uint32_t> ends(model.channels);
  std::vector<double> sums(std::size_t{channels} + 1);  // by the number of channels
  const std::size_t count = symbols.size() / model.features();
  for (std::size_t i = 0; i < count; ++i) {
    encode(model, symbols.data() + i * model.features(), 1, model.positions(), room, channels, ends.data());
    for (std::size_t c = 0; c < channels; ++c) sums[c + 1] += ends[c];
  }
  CoderCost cost{name, section_bytes, {}};
  const bool same_cuts = !cuts.empty() && cuts.back() == channels;
  for (const std::uint32_t cut : cuts) {
    const std::uint32_t sent = cut == cuts.back() ? channels : cut;
    if (same_cuts || cut == cuts.back() || cut == 0) cost.bytes.emplace_back(sums[sent] / static_cast<double>(count));
    else cost.bytes.emplace_back();
  }
  return cost;
}

// A section with a table for each channel.
Result<std::vector<std::uint8_t>> learn_channel_tables(const split::SymbolModel& shipped,
                                                       std::vector<std::int8_t> samples) {
  // Two more pictures, of the least and the most value alone: a symbol outside the learned ones would be coded as another.
  samples.insert(samples.end(), shipped.features(), static_cast<std::int8_t>(shipped.first_feature_value()));
  samples.insert(samples.end(), shipped.features(), static_cast<std::int8_t>(shipped.last_feature_value()));
  return split::build_symbol_model({shipped.feature_channels(), shipped.width, shipped.height, samples},
                                   {.classes = 1, .earlier_channels = 0, .tables = split::kMaxTables});
}

}  // namespace

Result<std::vector<CoderCost>> measure_coders(const bundle::Bundle& bundle, const LabelledPictures* learned_from,
                                              const LabelledPictures& pictures, std::span<const std::uint32_t> cuts,
                                              std::uint32_t every, const SplitProgress& progress) {
  auto runners = SplitRunner::create_for_all_cores(bundle);
  if (!runners) return fail(runners.error());
  const auto unit = split::read_unit(bundle.part(bundle.manifest.split->device));
  if (!unit) return fail(unit.error());
  const split::SymbolModel& shipped = unit->coding;
  if (shipped.features() == 0) {
    return fail(ErrorCode::kInvalidArgument, {"the device half of '", bundle.manifest.name, "' sends no channels"});
  }
  const std::size_t to_learn = learned_from != nullptr ? learned_from->count_of_every(kLearnEvery) : 0;
  const std::size_t all = to_learn + pictures.count_of_every(every);
  const auto symbols =
      symbols_of(*runners, shipped, pictures, every, [&](std::size_t done, std::size_t) { progress(done, all); });
  if (!symbols) return fail(symbols.error());
  std::vector<CoderCost> costs;
  costs.push_back(
      cost_of(kShippedCoder, encode_to_be_cut, shipped, shipped.channels, section_bytes_of(shipped), *symbols, cuts));
  const std::uint16_t channels = shipped.feature_channels();
  if (learned_from != nullptr) {
    auto learned = symbols_of(*runners, shipped, *learned_from, kLearnEvery,
                              [&](std::size_t done, std::size_t) { progress(all - to_learn + done, all); });
    if (!learned) return fail(learned.error());
    const auto section = learn_channel_tables(shipped, *std::move(learned));
    if (!section) return fail(section.error());
    split::SymbolModel by_channel;
    if (split::read_symbol_model(*section, by_channel) != split::ModelStatus::kOk) {
      return fail(ErrorCode::kInternal, "the tables that were just built cannot be read");
    }
    costs.push_back(cost_of(kChannelTables, encode_to_be_cut, by_channel, channels, section->size(), *symbols, cuts));
  }
  costs.push_back(cost_of(kLzwCoder, split::encode_features_lzw, shipped, channels, 0, *symbols, cuts));
  return costs;
}

std::string coder_table(std::span<const CoderCost> coders, std::span<const std::uint32_t> cuts) {
  std::string text;
  append_format(text, "\n  %-19s %9s  bytes of a payload\n  %-19s %9s", "coder", "tables", "", "channels:");
  for (const std::uint32_t cut : cuts) append_format(text, " %7u", cut);
  text += '\n';
  for (const CoderCost& one : coders) {
    append_format(text, "  %-19s %9zu", one.coder.c_str(), one.section_bytes);
    for (const std::optional<double>& bytes : one.bytes) {
      bytes ? append_format(text, " %7.1f", *bytes) : append_format(text, " %7s", "-");
    }
    text += '\n';
  }
  return text;
}

}  // namespace sluice::eval
