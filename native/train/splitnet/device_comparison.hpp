// How near a device unit's whole numbers come to the network that they were made from, on pictures that neither has seen.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/base/result.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/split_network.hpp"

namespace sluice::train::splitnet {

struct DeviceComparison {
  double same_symbols = 0;  // share of the sent ones
  double same_guess = 0;    // share of the pictures for which the local guess is the same class
  // Shares of right answers, of the unit and of the network; the combined ones with all channels, by the same remote network.
  double local_accuracy = 0;
  double network_local_accuracy = 0;
  double combined_accuracy = 0;
  double network_combined_accuracy = 0;
  double coded_bytes = 0;  // mean size of a payload of all channels
};

// kInternal where the bytes are no device unit, kShapeMismatch where the pictures have another size.
Result<DeviceComparison> compare_device_unit(std::span<const std::uint8_t> bytes, SplitNetwork& network,
                                             const PictureSet& set);

// One line for the log.
std::string describe(const DeviceComparison& comparison);

}  // namespace sluice::train::splitnet
