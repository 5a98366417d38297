// One operating point of a baseline of early exits, as every system reports it: how often it is right and what an input costs. As
// native/eval/exits/exit_points.hpp reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::train::exits::baselines {

struct ExitBaselinePoint {
  std::string system;
  std::string backbone;             // "vgg", "inception"
  std::string variant;              // which training or network of the system
  std::string rule;                 // how sure an exit is; empty: there is none
  std::string thresholds;           // of its exits, in the rule's unit; "never": no threshold
  double accuracy = 0;              // on the test pictures, against their labels
  std::optional<double> agreement;  // with the answer of the system's own last exit
  double macs_mean = 0;             // multiply-adds of a test picture
  std::uint64_t macs_backbone = 0;  // of the backbone that it is held against
  std::uint64_t exits = 0;          // beside the last one
  std::uint64_t weights_bytes = 0;  // of all networks, as our engine holds them
  std::optional<double>
      load_ms;        // mean of a picture, where one model is in memory at a time and others are loaded in its place
  double epochs = 0;  // that its networks were trained for, beside the backbone
  std::int64_t pictures = 0;  // that it was measured on
};

// One flat JSON object, no line break.
std::string to_json(const ExitBaselinePoint& point);

// Writes a line for each point. Lines that the file already has of another system, backbone or variant stay, so that systems may be
// measured one at a time. kIoError names the file.
Result<void> write_points(const std::filesystem::path& file, const std::vector<ExitBaselinePoint>& points);

}  // namespace sluice::train::exits::baselines
