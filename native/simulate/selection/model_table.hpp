// The models and networks that MDInference was published with: constant data, from its released simulation (Simulation/Shared.py of the
// repository that goes with Ogden and Guo, "MDInference", IC2E 2020). Accuracies in percent, times in milliseconds; "p2" is a server with
// a GPU, "c5" one without. `side` is the side of the picture that a model takes: public knowledge of the models, not of that file.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::simulate {

struct TableModel {
  std::string_view name;
  std::uint32_t side;
  double accuracy;
  double p2_mean_ms;
  double p2_deviation_ms;
  double c5_mean_ms;
  double c5_deviation_ms;
};

// All 23.
std::span<const TableModel> table_models();
// The eleven of the published comparison of algorithms, as places in table_models().
std::span<const std::size_t> comparison_models();

// The model on the device: MobileNetV1 0.25 of 128 x 128.
inline constexpr double kDeviceAccuracy = 41.4;

// One way, normal, above 0.
struct TableNetwork {
  std::string_view name;
  double mean_ms;
  double deviation_ms;
};
std::span<const TableNetwork> table_networks();
// nullptr for another name.
const TableNetwork* find_network(std::string_view name);

}  // namespace sluice::simulate
