#include "core/split/coding/range_encoder.hpp"

#include "core/split/coding/channel_context.hpp"
#include "core/split/coding/payload_header.hpp"
#include "core/split/coding/range_coder.hpp"
#include "core/split/coding/symbol_context.hpp"

namespace sluice::split {
namespace {

// False when it was given up because `coder` ran out of room.
bool encode_channel(const SymbolModel& model, const FeatureView& features, std::uint32_t channel, RangeEncoder& coder) {
  ChannelContext context(model, features, channel);
  for (std::uint32_t y = 0; y < model.height; ++y) {
    context.begin_row(y);
    for (std::uint32_t x = 0; x < model.width; ++x) {
      const int value = clamped(model, features.at(channel, y * model.width + x));
      const Share share = model.share(context.table(x), static_cast<std::uint32_t>(value - model.first_value));
      coder.encode(share.start, share.size, model.total_bits);
      if (coder.overflowed()) return false;
    }
  }
  return true;
}

// The coder after the last channel of a payload that may have more: `coder` itself where it has all.
RangeEncoder ended(RangeEncoder coder, bool all) {
  if (!all) coder.encode(kEndSlot, 1, kEndBits);
  return coder;
}

}  // namespace

EncodedFeatures encode_features(const SymbolModel& model, const std::int8_t* symbols, std::size_t position_stride,
                                std::size_t channel_stride, std::span<std::uint8_t> out, std::uint16_t max_channels,
                                std::uint32_t* closed_bytes) {
  if (out.empty()) return {};
  const FeatureView features(model, symbols, position_stride, channel_stride);
  const std::span<std::uint8_t> body = out.subspan(1);
  const std::uint16_t wanted = max_channels < model.channels ? max_channels : model.channels;
  std::uint16_t fitting = 0;
  RangeEncoder coder(body);
  RangeEncoder fitting_coder(body);  // as it was after the last channel that fits
  for (std::uint16_t channel = 0; channel < wanted; ++channel) {
    if (channel > 0) coder.encode(0, kEndSlot, kEndBits);
    if (!encode_channel(model, features, channel, coder)) break;
    // What this may write is written over when more channels follow.
    const std::size_t bytes = ended(coder, channel + 1 == model.channels).closed_bytes();
    if (closed_bytes != nullptr) closed_bytes[channel] = static_cast<std::uint32_t>(1 + bytes);
    // The very last channel may fit where the one before it, which has to say that it is the last one sent, does not.
    if (bytes > body.size()) continue;
    fitting_coder = coder;
    fitting = static_cast<std::uint16_t>(channel + 1);
  }
  if (fitting == 0) return {};
  out[0] = payload_header(Coder::kRange);
  return {1 + ended(fitting_coder, fitting == model.channels).close(), fitting};
}

}  // namespace sluice::split
