#include "core/split/coding/range_decoder.hpp"

#include "core/split/coding/channel_context.hpp"
#include "core/split/coding/payload_check.hpp"
#include "core/split/coding/range_coder.hpp"
#include "core/split/coding/symbol_context.hpp"

namespace sluice::split {
namespace {

constexpr std::size_t kWindowBytes = 4;  // that the decoder looks at at once

// The encoder's interval, seen from its lower end. Bytes that are not there are taken as 0, and `unknown_` says how much more
// they might have been.
class RangeDecoder {
 public:
  explicit RangeDecoder(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
    for (std::size_t i = 0; i < kWindowBytes; ++i) shift_in();
  }

  struct Slots {
    std::uint32_t first = 0;  // that the bytes leave possible
    std::uint32_t last = 0;   // may lie past the total, where no symbol is
  };
  Slots slots(unsigned total_bits) const {
    const std::uint32_t unit = range_ >> total_bits;
    const std::uint32_t first = code_ / unit;
    return {first, unknown_ == 0 ? first : (code_ + unknown_) / unit};
  }

  // Precondition: all slots that are possible lie in the share.
  void take(const Share& share, unsigned total_bits) {
    const std::uint32_t unit = range_ >> total_bits;
    code_ -= unit * share.start;
    low_ += unit * share.start;
    range_ = unit * share.size;
    while (range_ < kLeastRange) {
      range_ <<= 8;
      low_ <<= 8;
      shift_in();
    }
  }

  // The fewest bytes after which all that was taken is certain: those whose every continuation stays in the interval.
  std::size_t bytes_needed() const {
    for (std::uint32_t spare = kWindowBytes - 1; spare > 0; --spare) {
      const std::uint32_t block = std::uint32_t{1} << 8 * spare;
      const std::uint32_t above = (low_ + code_) & (block - 1);  // the block's first number
      if (above <= code_ && range_ >= block && code_ - above <= range_ - block) return taken_ - spare;
    }
    return taken_;
  }

 private:
  void shift_in() {
    const bool there = taken_ < bytes_.size();
    code_ = code_ << 8 | (there ? bytes_[taken_] : 0);
    unknown_ = unknown_ << 8 | (there ? 0 : 0xff);
    ++taken_;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t taken_ = 0;  // bytes, those included that are not there
  std::uint32_t low_ = 0;  // without the digits that have left the window
  std::uint32_t range_ = kWholeRange;
  std::uint32_t code_ = 0;  // from `low_`; with `unknown_` below `range_` whenever symbols were certain
  std::uint32_t unknown_ = 0;
};

enum class ChannelState { kCertain, kOpen, kImpossible };

ChannelState decode_channel(const SymbolModel& model, std::uint32_t channel, RangeDecoder& coder,
                            std::span<std::int8_t> symbols) {
  const FeatureView features(model, symbols.data(), 1, model.positions());
  const bool refines = features.refines(channel);
  const std::uint32_t feature_channel = refines ? channel - model.feature_channels() : channel;
  std::int8_t* next = symbols.data() + std::size_t{feature_channel} * model.positions();
  const int half = model.refinement / 2;
  ChannelContext context(model, features, channel);
  for (std::uint32_t y = 0; y < model.height; ++y) {
    context.begin_row(y);
    for (std::uint32_t x = 0; x < model.width; ++x) {
      const std::uint32_t table = context.table(x);
      const RangeDecoder::Slots slots = coder.slots(model.total_bits);
      if (slots.first >> model.total_bits != 0) return ChannelState::kImpossible;
      const std::uint32_t symbol = model.symbol_at(table, slots.first);
      const Share share = model.share(table, symbol);
      if (slots.last >= share.start + share.size) return ChannelState::kOpen;
      const int value = model.first_value + static_cast<int>(symbol);
      // It would be a part of another coarse value.
      if (refines && (value < -half || value > half)) return ChannelState::kImpossible;
      coder.take(share, model.total_bits);
      *next = static_cast<std::int8_t>(refines ? *next + value : value * model.refinement);
      ++next;
    }
  }
  return ChannelState::kCertain;
}

enum class Following { kMore, kNone, kOpen, kImpossible };

Following decode_following(RangeDecoder& coder) {
  const RangeDecoder::Slots slots = coder.slots(kEndBits);
  if (slots.last < kEndSlot) {
    coder.take({0, kEndSlot}, kEndBits);
    return Following::kMore;
  }
  if (slots.first > kEndSlot) return Following::kImpossible;
  if (slots.first != kEndSlot || slots.last != kEndSlot) return Following::kOpen;
  coder.take({kEndSlot, 1}, kEndBits);
  return Following::kNone;
}

Failure impossible(std::uint32_t channel) {
  return fail(ErrorCode::kMalformedPayload, {"channel ", channel,
                                             " of the features is none that an encoder with this coding "
                                             "section writes; give both sides the same bundle"});
}

Result<DecodedFeatures> decode(const SymbolModel& model, std::span<const std::uint8_t> payload,
                               std::span<std::int8_t> symbols, std::vector<std::size_t>* ends) {
  DecodedFeatures decoded;
  if (payload.empty()) return decoded;
  if (auto checked = check_payload_header(payload[0], Coder::kRange); !checked) return fail(checked.error());
  RangeDecoder coder(payload.subspan(1));
  while (true) {
    const ChannelState state = decode_channel(model, decoded.channels, coder, symbols);
    if (state == ChannelState::kImpossible) return impossible(decoded.channels);
    if (state == ChannelState::kOpen) return decoded;
    ++decoded.channels;
    decoded.bytes = 1 + coder.bytes_needed();
    if (ends != nullptr) ends->push_back(decoded.bytes);
    if (decoded.channels == model.channels) break;
    const Following following = decode_following(coder);
    if (following == Following::kImpossible) return impossible(decoded.channels);
    if (following == Following::kOpen) return decoded;
    if (following == Following::kNone) break;
  }
  decoded.ended = true;
  decoded.bytes = 1 + coder.bytes_needed();
  if (payload.size() > decoded.bytes) {
    return fail(ErrorCode::kMalformedPayload,
                {payload.size() - decoded.bytes, " bytes follow the last channel of the features"});
  }
  return decoded;
}

}  // namespace

Result<DecodedFeatures> decode_features(const SymbolModel& model, std::span<const std::uint8_t> payload,
                                        std::span<std::int8_t> symbols) {
  return decode(model, payload, symbols, nullptr);
}

Result<std::vector<std::size_t>> find_channel_ends(const SymbolModel& model, std::span<const std::uint8_t> payload) {
  std::vector<std::int8_t> symbols(model.features());
  std::vector<std::size_t> ends;
  const auto decoded = decode(model, payload, symbols, &ends);
  if (!decoded) return fail(decoded.error());
  return ends;
}

}  // namespace sluice::split
