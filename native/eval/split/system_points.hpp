// Points of systems that answer the same pictures, to be held side by side: what one sends, how often it is right, what it costs the
// device. Those of other systems come from a file of one JSON object a line, as whoever trained them measured them:
//   {"system": "deepcod", "variant": "3 channels", "coder": "range coder", "bytes_mean": 412.5, "accuracy": 0.887, "device_macs": 9216}
// `variant` and `coder` may be missing, further fields are ignored. Plain data and functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/eval/split/coder_costs.hpp"
#include "native/eval/split/split_measurement.hpp"

namespace sluice::eval {

struct SystemPoint {
  std::string system;
  std::string variant;
  std::string coder;
  double bytes = 0;  // mean
  double accuracy = 0;
  double device_macs = 0;           // multiply-adds; of a codec: 0, since it has none and its own time is not known
  std::optional<double> server_ms;  // as measured here; the file's points: `server_ms`, where it is given
};

// kIoError where the file cannot be read, kInvalidArgument naming the line and the field that is missing or no such value.
Result<std::vector<SystemPoint>> read_system_points(const std::filesystem::path& file);

inline constexpr const char* kOwnSystem = "sluice";
inline constexpr const char* kCodecSystem = "picture";

std::string channels_text(std::uint32_t channels);  // of a variant of our own

// The bundle's own, for each coder and cut, and the picture codecs before the full model.
std::vector<SystemPoint> own_points(const SplitMeasurement& measured, std::span<const CoderCost> coders,
                                    std::uint64_t device_macs);
std::vector<SystemPoint> codec_points(const SplitMeasurement& measured, std::span<const CodecCurve> codecs);

}  // namespace sluice::eval
