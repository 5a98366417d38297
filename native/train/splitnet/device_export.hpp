// The device half of a trained split network as a device unit: whole numbers, quantised after training. What the layers' values span
// is seen on training pictures, and the symbols' model is learned from the symbols that the unit itself then gives for them.
#pragma once

#include "core/base/result.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/split_network.hpp"

namespace sluice::train::splitnet {

struct DeviceExportOptions {
  std::int64_t pictures = 512;         // that the spans are seen on
  double clipped = 0;                  // share of a channel's values that may lie outside its span
  std::int64_t coded_pictures = 4000;  // that the symbols' model is learned from
};

// The number of the symbol that comes first, and of the last: whole numbers are their own symbols, centroids count from 0.
struct SymbolRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
SymbolRange symbol_range(const SplitDesign& design);

Result<std::vector<std::uint8_t>> export_device_unit(SplitNetwork& network, const PictureSet& training,
                                                     const DeviceExportOptions& options);

}  // namespace sluice::train::splitnet
