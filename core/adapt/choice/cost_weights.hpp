// What a unit of each costs, in any one scale, so that answers of different kinds can be held against each other. Plain values.
#pragma once

namespace sluice::adapt {

struct CostWeights {
  double per_device_cost = 1;  // a millisecond of the device's processor, or a millijoule: one unit for all
  double per_kilobyte = 1;     // sent
  double per_server_ms = 1;
};

// A radio that sends draws about what a busy core draws, and takes 5 ms for a kilobyte at 1.6 Mbit/s; a server's millisecond is somebody's, too.
inline constexpr CostWeights kUsualWeights{1, 5, 1};

}  // namespace sluice::adapt
