// Payloads of features in three ways, told apart by the first byte: the bytes as a coding section (its length first) and a
// payload for it; as a payload for a section of the fuzzer's own; as features, which are coded into a budget, cut and
// decoded. Aborts when a decoder says it needed more bytes than there were, or when what it is certain of is wrong.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "core/split/coding/lzw_features.hpp"
#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "tests/core/split/coding/random_model.hpp"

namespace {

using namespace sluice;
using namespace sluice::split;
using Data = std::span<const std::uint8_t>;

constexpr std::uint32_t kMostFeatures = 1 << 14;  // larger models only take longer

void require(bool holds) {
  if (!holds) std::abort();
}

const std::vector<std::uint8_t>& own_section(bool refining) {
  static const auto make = [](const test::Sizes& sizes) {
    test::Numbers numbers(7);
    return test::random_section(sizes, numbers);
  };
  static const std::vector<std::uint8_t> at_once = make({});
  static const std::vector<std::uint8_t> in_two_steps = make({.channels = 6, .refinement = 3});
  return refining ? in_two_steps : at_once;
}

std::uint16_t decode_both(const SymbolModel& model, Data payload) {
  std::vector<std::int8_t> symbols(model.features());
  std::uint16_t most = 0;
  for (const auto decode : {decode_features, decode_features_lzw}) {
    const auto decoded = decode(model, payload, symbols);
    if (!decoded) {
      require(!decoded.error().message.empty());
      continue;
    }
    require(decoded->bytes <= payload.size() && decoded->channels <= model.channels);
    most = std::max(most, decoded->channels);
  }
  return most;
}

void decode_with_section(Data data) {
  if (data.size() < 2) return;
  const std::size_t bytes = std::min<std::size_t>(little_u16(data.data()), data.size() - 2);
  SymbolModel model;
  if (read_symbol_model(data.subspan(2, bytes), model) != ModelStatus::kOk) return;
  if (model.coded_symbols() <= kMostFeatures) decode_both(model, data.subspan(2 + bytes));
}

// The first bytes say how large the budget is, and where what came of it is cut.
void encode_cut_and_decode(const SymbolModel& model, Data data) {
  if (data.size() < 2) return;
  std::vector<std::int8_t> values(model.features());
  for (std::size_t i = 0; i < values.size() && i + 2 < data.size(); ++i) {
    values[i] =
        static_cast<std::int8_t>(model.first_feature_value() + static_cast<int>(data[i + 2] % model.feature_values()));
  }
  for (const bool lzw : {false, true}) {
    std::vector<std::uint8_t> payload(data[0]);
    const auto encoded = (lzw ? encode_features_lzw : encode_features)(model, values.data(), 1, model.positions(),
                                                                       payload, model.channels, nullptr);
    require(encoded.bytes <= payload.size());
    payload.resize(std::min<std::size_t>(encoded.bytes, data[1]));
    std::vector<std::int8_t> got(model.features());
    const auto decoded = (lzw ? decode_features_lzw : decode_features)(model, payload, got);
    require(decoded.has_value() && decoded->channels <= encoded.channels);
    if (payload.size() == encoded.bytes) require(decoded->channels == encoded.channels);
    const std::uint32_t came = lzw ? model.channels : decoded->channels;
    const std::uint32_t channels = std::min(decoded->channels, model.feature_channels());
    for (std::uint32_t i = 0; i < channels * model.positions(); ++i) {
      const std::uint32_t channel = i / model.positions();
      // Of the channel that broke off in its second step some values are whole already.
      if (got[i] == values[i] && channel + model.feature_channels() == came) continue;
      require(got[i] == test::known_of(model, channel, values[i], came));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Data rest(data + 1, size - 1);
  SymbolModel model;
  require(read_symbol_model(own_section(data[0] >= 128), model) == ModelStatus::kOk);
  switch (data[0] % 3) {
    case 0: decode_with_section(rest); break;
    case 1: decode_both(model, rest); break;
    default: encode_cut_and_decode(model, rest); break;
  }
  return 0;
}
