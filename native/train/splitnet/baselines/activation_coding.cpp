#include "native/train/splitnet/baselines/activation_coding.hpp"

#include <zlib.h>

#include <algorithm>
#include <cmath>

namespace sluice::train::splitnet::baselines {
namespace {

constexpr float kMostLevel = 255;
constexpr int kRawWindowBits = -15;  // a raw stream: neither header nor checksum
constexpr int kMemoryLevel = 9;
constexpr int kDeflateLevel = 6;

}  // namespace

Quantised8 quantise8(std::span<const float> values) {
  Quantised8 made;
  if (values.empty()) return made;
  const auto [least, most] = std::ranges::minmax(values);
  made.least = least;
  made.step = (most - least) / kMostLevel;
  made.levels.reserve(values.size());
  for (const float value : values) {
    made.levels.push_back(made.step > 0 ? static_cast<std::uint8_t>(std::lround((value - least) / made.step)) : 0);
  }
  return made;
}

void dequantise8(const Quantised8& quantised, std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = quantised.least + quantised.step * static_cast<float>(quantised.levels[i]);
  }
}

std::vector<std::uint8_t> bit_shuffled(std::span<const std::uint8_t> bytes) {
  const std::size_t groups = bytes.size() / 8;
  std::vector<std::uint8_t> out(bytes.size(), 0);
  for (unsigned bit = 0; bit < 8; ++bit) {
    for (std::size_t i = 0; i < 8 * groups; ++i) {
      std::uint8_t& to = out[bit * groups + i / 8];
      to = static_cast<std::uint8_t>(to | (bytes[i] >> bit & 1) << i % 8);
    }
  }
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(8 * groups), bytes.end(),
            out.begin() + static_cast<std::ptrdiff_t>(8 * groups));
  return out;
}

Result<std::size_t> deflated_bytes(std::span<const std::uint8_t> bytes) {
  z_stream stream{};
  int status = deflateInit2(&stream, kDeflateLevel, Z_DEFLATED, kRawWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
  if (status != Z_OK) return fail(ErrorCode::kInternal, {"zlib's deflateInit2 returned ", status});
  std::vector<std::uint8_t> out(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = const_cast<Bytef*>(bytes.data());  // zlib does not write to it
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  status = deflate(&stream, Z_FINISH);
  const std::size_t size = stream.total_out;
  deflateEnd(&stream);
  if (status != Z_STREAM_END) return fail(ErrorCode::kInternal, {"zlib's deflate returned ", status});
  return size;
}

}  // namespace sluice::train::splitnet::baselines
