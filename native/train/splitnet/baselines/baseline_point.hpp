// One operating point of a baseline, as every system reports it: what goes over the link and how often the answer is right.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::train::splitnet::baselines {

struct BaselinePoint {
  std::string system;
  std::string variant;            // which operating point of it
  std::string coder;              // of the bytes
  double bytes_mean = 0;          // of a payload, coded
  double accuracy = 0;            // on the test pictures, against their labels
  std::uint64_t device_macs = 0;  // multiply-adds on the device
  double epochs = 0;              // that its networks were trained for, all stages together
};

// One flat JSON object, no line break.
std::string to_json(const BaselinePoint& point);

// Writes a line for each point. Lines that the file already has of other systems stay, so that systems may be measured one
// at a time. kIoError names the file.
Result<void> write_points(const std::filesystem::path& file, const std::vector<BaselinePoint>& points);

}  // namespace sluice::train::splitnet::baselines
