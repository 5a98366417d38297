#include "core/split/guess_shares.hpp"

#include "core/split/device/device_unit.hpp"
#include "core/split/little_endian.hpp"

namespace sluice::split {
namespace {

// Where they stand in a unit (device/README.md) and in its coding section (coding/symbol_model.hpp).
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kSharesOffsetAt = 52;
constexpr std::size_t kCodingOffsetAt = 56;
constexpr std::size_t kCodedChannelsAt = 2;

}  // namespace

Result<std::vector<float>> read_guess_shares(Bytes device) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(device.data());
  const auto within = [&](std::size_t at, std::size_t size) {
    return at <= device.size() && size <= device.size() - at;
  };
  std::vector<float> shares;
  if (within(0, kUnitHeaderBytes) && little_u32(bytes) == kUnitMagic &&
      little_u16(bytes + kVersionAt) == kUnitVersion) {
    const std::size_t coding = little_u32(bytes + kCodingOffsetAt);
    const std::size_t from = little_u32(bytes + kSharesOffsetAt);
    const std::size_t count =
        within(coding, kCodingHeaderBytes) ? little_u16(bytes + coding + kCodedChannelsAt) + std::size_t{1} : 0;
    if (within(from, count * sizeof(float))) {
      for (std::size_t i = 0; i < count; ++i) shares.push_back(little_f32(bytes + from + i * sizeof(float)));
    }
  }
  if (shares.size() < 2) return fail(ErrorCode::kMalformedModel, "it is no device unit that can be read");
  return shares;
}

}  // namespace sluice::split
