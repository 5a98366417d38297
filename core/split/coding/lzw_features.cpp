#include "core/split/coding/lzw_features.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "core/split/coding/payload_check.hpp"
#include "core/split/coding/symbol_context.hpp"

namespace sluice::split {
namespace {

constexpr std::uint32_t kMostCodes = 4096;
constexpr std::uint32_t kNoString = 0xffffffff;

// Codes below the number of symbols are symbols, the next one ends a payload early, the rest are strings.
struct Codes {
  std::uint32_t symbols = 0;

  std::uint32_t end() const { return symbols; }
  // One more with each code that was written, until there are as many as there may be.
  std::uint32_t known_before(std::size_t code_number) const {
    return static_cast<std::uint32_t>(std::min<std::size_t>(symbols + 1 + code_number, kMostCodes));
  }
  unsigned width(std::size_t code_number) const {
    return static_cast<unsigned>(std::bit_width(known_before(code_number) - 1));
  }
};

// The strings of the encoder as a tree: each is a shorter one and a symbol.
class StringTree {
 public:
  explicit StringTree(std::uint32_t symbols) : nodes_(symbols + 1) {}

  std::uint32_t find(std::uint32_t string, std::uint32_t symbol) const {
    std::uint32_t longer = nodes_[string].first_longer;
    while (longer != kNoString && nodes_[longer].symbol != symbol) longer = nodes_[longer].next;
    return longer;
  }
  void add(std::uint32_t string, std::uint32_t symbol) {
    if (nodes_.size() == kMostCodes) return;
    nodes_.push_back({symbol, kNoString, nodes_[string].first_longer});
    nodes_[string].first_longer = static_cast<std::uint32_t>(nodes_.size() - 1);
  }

 private:
  struct Node {
    std::uint32_t symbol = 0;
    std::uint32_t first_longer = kNoString;
    std::uint32_t next = kNoString;
  };
  std::vector<Node> nodes_;
};

// A point at which the payload may end: codes before it, and the string that has no code yet.
struct Ending {
  std::size_t codes = 0;
  std::uint32_t string = kNoString;
  bool all = false;
};

std::size_t bits_until(const Codes& codes, const Ending& ending) {
  std::size_t bits = 0;
  for (std::size_t i = 0; i < ending.codes + (ending.all ? 1 : 2); ++i) bits += codes.width(i);
  return bits;
}

void write_codes(const Codes& codes, std::vector<std::uint32_t> written, const Ending& ending,
                 std::span<std::uint8_t> out) {
  written.resize(ending.codes);
  written.push_back(ending.string);
  if (!ending.all) written.push_back(codes.end());
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  std::size_t at = 0;
  for (std::size_t i = 0; i < written.size(); ++i) {
    for (unsigned bit = 0; bit < codes.width(i); ++bit, ++at) {
      out[at / 8] = static_cast<std::uint8_t>(out[at / 8] | (written[i] >> bit & 1) << at % 8);
    }
  }
}

// Whole codes out of bytes, the lowest bit first.
class CodeReader {
 public:
  CodeReader(const Codes& codes, std::span<const std::uint8_t> bytes) : codes_(codes), bytes_(bytes) {}

  // Nothing when less than a code is left.
  std::optional<std::uint32_t> next() {
    const unsigned width = codes_.width(number_);
    if (bytes_.size() * 8 - at_ < width) return std::nullopt;
    std::uint32_t code = 0;
    for (unsigned bit = 0; bit < width; ++bit, ++at_) code |= (bytes_[at_ / 8] >> at_ % 8 & std::uint32_t{1}) << bit;
    ++number_;
    return code;
  }
  std::size_t bytes_read() const { return (at_ + 7) / 8; }
  std::size_t codes_read() const { return number_; }

 private:
  Codes codes_;
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;  // in bits
  std::size_t number_ = 0;
};

// The strings of the decoder: what was written before, by where it stands among the symbols.
struct Stretch {
  std::size_t begin = 0;
  std::size_t size = 0;
};

Failure malformed(std::string_view what) {
  return fail(ErrorCode::kMalformedPayload, {"LZW features ", what, "; give both sides the same bundle"});
}

}  // namespace

EncodedFeatures encode_features_lzw(const SymbolModel& model, const std::int8_t* symbols, std::size_t position_stride,
                                    std::size_t channel_stride, std::span<std::uint8_t> out, std::uint16_t max_channels,
                                    std::uint32_t* closed_bytes) {
  const FeatureView features(symbols, position_stride, channel_stride, model.feature_channels(), 1);
  const Codes codes{model.feature_values()};
  StringTree tree(codes.symbols);
  std::vector<std::uint32_t> written;
  std::uint32_t string = kNoString;
  Ending fitting;
  std::uint16_t channels = 0;
  const std::uint16_t wanted = std::min(max_channels, model.feature_channels());
  for (std::uint16_t channel = 0; channel < wanted; ++channel) {
    for (std::uint32_t position = 0; position < model.positions(); ++position) {
      const int value =
          std::clamp(features.at(channel, position), model.first_feature_value(), model.last_feature_value());
      const auto symbol = static_cast<std::uint32_t>(value - model.first_feature_value());
      const std::uint32_t longer = string == kNoString ? symbol : tree.find(string, symbol);
      if (longer != kNoString) {
        string = longer;
        continue;
      }
      written.push_back(string);
      tree.add(string, symbol);
      string = symbol;
    }
    const Ending ending{written.size(), string, channel + 1 == model.feature_channels()};
    const std::size_t bytes = 1 + (bits_until(codes, ending) + 7) / 8;
    if (closed_bytes != nullptr) closed_bytes[channel] = static_cast<std::uint32_t>(bytes);
    if (bytes > out.size()) continue;
    fitting = ending;
    channels = static_cast<std::uint16_t>(channel + 1);
  }
  if (channels == 0) return {};
  const std::size_t bytes = 1 + (bits_until(codes, fitting) + 7) / 8;
  out[0] = payload_header(Coder::kLzw);
  write_codes(codes, std::move(written), fitting, out.subspan(1, bytes - 1));
  return {bytes, channels};
}

Result<DecodedFeatures> decode_features_lzw(const SymbolModel& model, std::span<const std::uint8_t> payload,
                                            std::span<std::int8_t> symbols) {
  DecodedFeatures decoded;
  if (payload.empty()) return decoded;
  if (auto checked = check_payload_header(payload[0], Coder::kLzw); !checked) return fail(checked.error());
  const Codes codes{model.feature_values()};
  CodeReader reader(codes, payload.subspan(1));
  std::vector<Stretch> strings;  // by code, without the symbols and the end
  const std::size_t all = model.features();
  std::size_t known = 0;
  Stretch last;
  while (known < all) {
    const std::size_t number = reader.codes_read();
    const auto code = reader.next();
    if (!code) break;
    if (*code >= codes.known_before(number)) return malformed("use a code that is not there yet");
    if (*code == codes.end()) {
      decoded.ended = true;
      break;
    }
    // The newest string, the last one and the first symbol of this one, may be this one itself.
    if (number > 0 && codes.known_before(number) > codes.known_before(number - 1)) {
      strings.push_back({last.begin, last.size + 1});
    }
    const Stretch from = *code < codes.symbols ? Stretch{known, 1} : strings[*code - codes.symbols - 1];
    if (from.size > all - known) return malformed("have more symbols than the model");
    if (*code < codes.symbols) {
      symbols[known] = static_cast<std::int8_t>(model.first_feature_value() + static_cast<int>(*code));
    } else {
      // One by one: the newest string reaches into what is written here.
      for (std::size_t i = 0; i < from.size; ++i) symbols[known + i] = symbols[from.begin + i];
    }
    last = {known, from.size};
    known += from.size;
    if (known / model.positions() > decoded.channels) decoded.bytes = 1 + reader.bytes_read();
    decoded.channels = static_cast<std::uint16_t>(known / model.positions());
  }
  if (known == all) decoded.ended = true;
  if (!decoded.ended) return decoded;
  if (known % model.positions() != 0 || known == 0) return malformed("end within a channel");
  decoded.bytes = 1 + reader.bytes_read();
  if (payload.size() > decoded.bytes) return malformed("have bytes behind the last channel");
  return decoded;
}

}  // namespace sluice::split
