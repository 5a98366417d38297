#include "native/train/splitnet/device_batch.hpp"

#include <algorithm>
#include <vector>

#include "core/split/device/interpreter.hpp"

namespace sluice::train::splitnet {

DeviceBatch run_device_unit(const split::DeviceUnit& unit, const torch::Tensor& pictures) {
  const torch::Tensor packed = pictures.contiguous();
  const std::int64_t count = packed.size(0);
  torch::Tensor symbols = torch::empty({count, unit.feature_height, unit.feature_width, unit.channels}, torch::kInt8);
  DeviceBatch out{{}, torch::empty({count, unit.classes}), 0};
  std::vector<std::uint32_t> arena((unit.arena_bytes + 3) / 4);
  std::vector<std::uint8_t> payload(2 * unit.symbol_bytes() + 64);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint8_t* picture = packed.data_ptr<std::uint8_t>() + i * static_cast<std::int64_t>(unit.picture_bytes());
    const split::DeviceAnswer answer = split::run(unit, {picture, unit.picture_bytes()},
                                                  {reinterpret_cast<std::uint8_t*>(arena.data()), 4 * arena.size()});
    std::copy(answer.symbols.begin(), answer.symbols.end(), symbols[i].data_ptr<std::int8_t>());
    std::transform(answer.logits.begin(), answer.logits.end(), out.logits[i].data_ptr<float>(),
                   [&](std::int32_t logit) { return static_cast<float>(logit) * unit.logit_scale; });
    out.coded_bytes += static_cast<double>(split::encode(unit, answer.symbols, payload, unit.coded_channels()).bytes);
  }
  out.sent = symbols.permute({0, 3, 1, 2}).narrow(1, unit.local_channels, unit.sent_channels());
  out.coded_bytes /= static_cast<double>(std::max<std::int64_t>(count, 1));
  return out;
}

}  // namespace sluice::train::splitnet
