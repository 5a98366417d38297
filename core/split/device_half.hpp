// The device half for clients that have memory to spare: any picture in, what the split route wants of a run out
// (core/pipeline/split_route.hpp). Microcontrollers run device/ and coding/ by themselves (wasm/lite). Owns a copy of the
// unit and its scratch memory, which is used again from picture to picture. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/input/input.hpp"
#include "core/input/preprocessor.hpp"
#include "core/output/output_tensor.hpp"
#include "core/split/device/device_unit.hpp"

namespace sluice::split {

// `device` is the contents of a device unit, which outlive the result; kMalformedModel when it can't be read.
Result<DeviceUnit> read_unit(Bytes device);
// No payload of such features is longer.
std::size_t most_payload_bytes(const SymbolModel& model);
// Of the guess, by the number of coded channels that came, from 0 on.
std::vector<float> guess_shares(const DeviceUnit& unit);

class DeviceHalf {
 public:
  // `model_input`: of the whole model; pictures are fitted the same way.
  static Result<std::unique_ptr<DeviceHalf>> create(Bytes device, const input::InputSpec& model_input);

  // The guess as float32 [1, classes], the payload as uint8 [bytes], and with how many of them each channel is whole.
  Result<std::vector<output::OutputTensor>> run(const input::InputView& input);

  const DeviceUnit& unit() const { return unit_; }

 private:
  DeviceHalf() = default;

  std::vector<std::byte> bytes_;  // that `unit_` looks at
  DeviceUnit unit_;
  std::unique_ptr<input::Preprocessor> preprocessor_;
  Tensor tensor_;
  std::vector<std::uint8_t> picture_;
  std::vector<std::uint32_t> arena_;  // of words, as the unit's arena is aligned
  std::vector<std::uint8_t> payload_;
};

}  // namespace sluice::split
