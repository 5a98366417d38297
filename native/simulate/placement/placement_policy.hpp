// The ways of placing the preprocessing that `sluice simulate placement` compares. Each is asked before a picture is sent, from what its
// header and file size tell, and told afterwards what the stages of the way it took have cost. One run, one thread.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/adapt/placement/pieslicer.hpp"
#include "core/base/result.hpp"

namespace sluice::simulate {

// What is known of a picture before anything is done with it.
struct PictureFacts {
  double bytes = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  double shrunk_pixels = 0;         // follow from the sides
  std::optional<double> quantiser;  // of the header

  double pixels() const { return static_cast<double>(width) * height; }
};

// What a way has cost, in milliseconds, and sent.
struct WayTaken {
  adapt::PreprocessAt at = adapt::PreprocessAt::kServer;
  double device_ms = 0;
  double transfer_ms = 0;
  double server_ms = 0;
  double sent_bytes = 0;

  double total_ms() const { return device_ms + transfer_ms + server_ms; }
};

// Both ways of a picture: what policies begin with has been seen so, as on a test day.
struct BothWays {
  PictureFacts facts;
  WayTaken device;
  WayTaken server;
};

class PlacementPolicy {
 public:
  virtual ~PlacementPolicy() = default;
  virtual adapt::PreprocessAt choose(const PictureFacts& facts) = 0;
  virtual void learn(const PictureFacts& facts, const WayTaken& taken) = 0;
};

inline constexpr std::string_view kShippedPolicy = "sluice";

struct NamedPolicy {
  std::string_view name;
  std::unique_ptr<PlacementPolicy> policy;
};
// All, begun with what was seen: always-device, always-server, short-circuit, inverse (of PieSlicer as described), pieslicer-released
// (shrunk size 0, no correction), pieslicer-diverging (with the published correction, had it worked), pieslicer (as described), rls (one
// line of recursive least squares for the link), sluice. kInvalidArgument when nothing was seen.
Result<std::vector<NamedPolicy>> make_placement_policies(const std::vector<BothWays>& seen);

}  // namespace sluice::simulate
