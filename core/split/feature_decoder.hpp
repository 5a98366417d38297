// Payloads of the encoding `split`: features of a device half, coded channel after channel (core/split/coding), as the tensor that
// the remote half takes. Channels that did not come, or not whole, are 0 there. Borrows the device unit's bytes; immutable, so safe
// from any thread, but for the scratch memory of decode(), which is the caller's.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/split/coding/symbol_model.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::split {

class FeatureDecoder {
 public:
  // Of a device unit, whose bytes outlive it, and what each of its symbols stands for (SplitSpec::values). The unit's own errors; kMalformedManifest when
  // there are values for another number of symbols.
  static Result<FeatureDecoder> create(std::string_view device_unit, std::vector<float> values);

  Shape tensor_shape() const;  // [1, channels, height, width]
  std::size_t max_payload_bytes() const;

  // `features` has that shape. The number of coded channels that came. kMalformedPayload for what no device half wrote, and for a
  // payload that ends before its first channel does.
  Result<std::uint32_t> decode(Bytes payload, std::vector<std::int8_t>& symbols, MutableTensorView features) const;

 private:
  FeatureDecoder(const SymbolModel& model, std::vector<float> values) : model_(model), values_(std::move(values)) {}

  SymbolModel model_;
  std::vector<float> values_;  // of each symbol, from the first on
};

}  // namespace sluice::split
