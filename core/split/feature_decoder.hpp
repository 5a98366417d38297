// Payloads of the encodings `split` and `cut`: features of a device half, or the tensor at a cut of a model, coded channel after channel (core/split/coding), as the tensor that
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

// A coding section by itself (symbol_model.hpp), a view of its bytes. kMalformedModel where it can't be read.
Result<SymbolModel> read_coding(Bytes section);
// kMalformedManifest where there is not one value for each symbol of the model.
Result<void> check_values(const SymbolModel& model, std::size_t values);

class FeatureDecoder {
 public:
  // Of a device unit, whose bytes outlive it, and what each of its symbols stands for (SplitSpec::values). The unit's own errors; kMalformedManifest when
  // there are values for another number of symbols.
  static Result<FeatureDecoder> create(std::string_view device_unit, std::vector<float> values);
  // Of a coding section alone, whose bytes outlive it, with a value for each of its symbols. The errors of read_coding() and
  // check_values().
  static Result<FeatureDecoder> of_coding(Bytes section, std::vector<float> values);

  Shape tensor_shape() const;  // [1, channels, height, width]
  std::uint32_t coded_channels() const { return model_.channels; }
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
