#include "tests/wasm/lite/vectors.hpp"

#include <algorithm>
#include <utility>

#include "wasm/lite/sluice_lite.h"

namespace sluice::test {
namespace {

class Out {
 public:
  void u32(std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void part(const void* from, std::size_t count) {
    const auto* const start = static_cast<const std::uint8_t*>(from);
    bytes.insert(bytes.end(), start, start + count);
    while (bytes.size() % 4 != 0) bytes.push_back(0);
  }
  std::vector<std::uint8_t> bytes;
};

}  // namespace

std::vector<std::uint8_t> make_vectors(std::span<const std::uint8_t> unit,
                                       const std::vector<std::vector<std::uint8_t>>& pictures) {
  const std::size_t needed = sluice_lite_bytes(unit.data(), unit.size());
  std::vector<std::uint64_t> memory((needed + 7) / 8);
  if (sluice_lite_open(memory.data(), needed, unit.data(), unit.size()) != SLUICE_LITE_GOOD) return {};
  auto* const context = reinterpret_cast<sluice_lite*>(memory.data());
  Out out;
  out.u32(static_cast<std::uint32_t>(unit.size()));
  out.part(unit.data(), unit.size());
  out.u32(static_cast<std::uint32_t>(pictures.size()));
  for (const auto& picture : pictures) {
    std::copy(picture.begin(), picture.end(), context->picture);
    if (sluice_lite_run(context) != SLUICE_LITE_GOOD) return {};
    out.part(picture.data(), picture.size());
    out.part(context->local, context->classes * sizeof(float));
    for (std::uint32_t k = 0; k < context->classes; ++k) context->remote[k] = static_cast<float>(k) / 4 - 1;
    if (sluice_lite_combine(context, context->coded_channels / 2) != SLUICE_LITE_GOOD) return {};
    out.part(context->combined, context->classes * sizeof(float));
    std::uint32_t budget = context->payload_room;
    for (int turn = 0; turn < 2; ++turn) {
      const std::uint32_t bytes = sluice_lite_encode(context, budget, context->coded_channels);
      out.u32(budget);
      out.u32(bytes);
      out.u32(context->payload_channels);
      out.part(context->payload, bytes);
      budget = bytes / 2;
    }
  }
  return std::move(out.bytes);
}

}  // namespace sluice::test
