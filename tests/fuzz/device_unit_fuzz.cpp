// Device units from anywhere: the bytes as a unit, and where it is read, everything that a device does with it, on a picture whose bytes
// follow from the unit's. Aborts when something that reading has checked does not hold afterwards. Units that would compute for
// seconds are read, not run.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/symbol_context.hpp"
#include "core/split/device/interpreter.hpp"
#include "core/split/device/unit_writer.hpp"

namespace {

using namespace sluice::split;

constexpr std::uint64_t kMostMultiplyAdds = 4'000'000;
constexpr std::size_t kRoomPerFeature = 4;  // bytes; more than the coder takes for one

void require(bool holds) {
  if (!holds) std::abort();
}

// Each of the values a byte can have, in an order that differs from unit to unit.
std::vector<std::uint8_t> picture_for(const DeviceUnit& unit, std::size_t seed) {
  std::vector<std::uint8_t> picture(unit.picture_bytes());
  auto state = static_cast<std::uint32_t>(seed);
  for (std::uint8_t& value : picture) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  return picture;
}

// Whether the model has symbols for the value and for what is left of it; another one is coded as its nearest.
bool codes(const SymbolModel& model, int value) {
  const auto symbol = static_cast<std::int8_t>(value);
  const FeatureView view(&symbol, 1, 1, 1, model.refinement);
  if (clamped(model, view.at(0, 0)) != view.at(0, 0)) return false;
  return model.refinement == 1 || clamped(model, view.at(1, 0)) == view.at(1, 0);
}

// What is sent, whole and cut in the middle, is what the other end decodes.
void encode_and_decode(const DeviceUnit& unit, const DeviceAnswer& answer) {
  const SymbolModel& model = unit.coding;
  std::vector<std::uint8_t> payload(kRoomPerFeature * model.coded_symbols() + kRoomPerFeature);
  const EncodedFeatures encoded = encode(unit, answer.symbols, payload, unit.coded_channels());
  require(encoded.bytes <= payload.size() && encoded.channels <= unit.coded_channels());
  std::vector<std::int8_t> symbols(model.features());
  for (const std::size_t size : {encoded.bytes, encoded.bytes / 2}) {
    const auto decoded = decode_features(model, std::span(payload).first(size), symbols);
    require(decoded.has_value());
    if (size == encoded.bytes) require(decoded->channels == encoded.channels);
    const std::size_t whole =
        model.refinement == 1 ? decoded->channels
                              : decoded->channels - std::min<std::size_t>(decoded->channels, model.feature_channels());
    for (std::size_t c = 0; c < std::min<std::size_t>(decoded->channels, model.feature_channels()); ++c) {
      for (std::size_t p = 0; p < model.positions(); ++p) {
        const int sent = answer.symbols[p * unit.channels + unit.local_channels + c];
        const int off = std::abs(symbols[c * model.positions() + p] - sent);
        if (!codes(model, sent)) continue;
        require(off <= (c < whole ? 0 : model.refinement / 2));
      }
    }
  }
}

void use(const DeviceUnit& unit, std::size_t seed) {
  if (costs_of(unit).multiply_adds > kMostMultiplyAdds) return;
  std::vector<std::uint32_t> arena((unit.arena_bytes + 3) / 4);
  const std::span room(reinterpret_cast<std::uint8_t*>(arena.data()), unit.arena_bytes);
  const auto picture = picture_for(unit, seed);
  require(run(unit, std::span(picture).first(picture.size() - 1), room).symbols.empty());
  const DeviceAnswer answer = run(unit, picture, room);
  require(answer.symbols.size() == unit.symbol_bytes() && answer.logits.size() == unit.classes);
  for (const std::int8_t symbol : answer.symbols) require(symbol >= unit.first_symbol && symbol <= unit.last_symbol);
  if (unit.coding.channels != 0) encode_and_decode(unit, answer);
  const std::vector<float> remote(unit.classes, 1.0F);
  std::vector<float> combined(unit.classes);
  require(combine(unit, answer.logits, {}, 0, combined));
  require(combine(unit, answer.logits, remote, unit.coded_channels(), combined));
  require(!combine(unit, answer.logits, remote, unit.coded_channels() + std::size_t{1}, combined));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  DeviceUnit unit;
  const UnitStatus status = read_device_unit({data, size}, unit);
  require(describe(status) != nullptr);
  if (status == UnitStatus::kGood) use(unit, size);
  return 0;
}
