// Operating points of systems that stop early, held side by side: how often one is right and what an input costs it. Those of other
// systems come from files of one JSON object a line, as whoever trained them measured them:
//   {"system": "sdn", "backbone": "vgg", "variant": "frozen backbone", "accuracy": 0.921, "macs_mean": 4.1e7, "weights_bytes": 17000000}
// `backbone` and `variant` may be missing (a published network stands beside every backbone), as may `weights_bytes` and `load_ms`;
// further fields are ignored. Plain data and functions.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::eval {

inline constexpr const char* kOwnExitSystem = "sluice";

struct ExitSystemPoint {
  std::string system;
  std::string backbone;
  std::string variant;
  double accuracy = 0;
  double multiply_adds = 0;             // mean of an input
  std::optional<double> weights_bytes;  // of all networks that it holds
  std::optional<double> load_ms;        // mean of an input, where one network is in memory at a time
};

// kIoError where the file cannot be read, kInvalidArgument naming the line and the field that is missing or no such value.
Result<std::vector<ExitSystemPoint>> read_exit_points(const std::filesystem::path& file);

// `points.jsonl` and `published.jsonl` of a folder, those of them that are there; of a file, that file and the `published.jsonl` beside
// it.
Result<std::vector<ExitSystemPoint>> read_all_exit_points(const std::filesystem::path& file_or_folder);

// Points that lie on one line: of one system and variant, or of one system whose variants have a point each.
struct ExitCurve {
  std::string name;  // "sdn, frozen backbone"
  std::string system;
  std::vector<ExitSystemPoint> points;  // growing in cost
};
// Those of a backbone and those of none, in the order in which they came.
std::vector<ExitCurve> curves_of(const std::vector<ExitSystemPoint>& points, const std::string& backbone);

}  // namespace sluice::eval
