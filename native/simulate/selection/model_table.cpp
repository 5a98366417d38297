#include "native/simulate/selection/model_table.hpp"

namespace sluice::simulate {
namespace {

constexpr std::array<TableModel, 23> kModels = {{
    {"MobileNetV1 0.25 128", 128, 41.4, 2.454, .191, 3.96, .20},
    {"MobileNetV1 0.25 160", 160, 45.4, 3.148, .099, 6.63, .25},
    {"MobileNetV1 0.25 192", 192, 47.1, 3.169, .077, 8.76, .40},
    {"MobileNetV1 0.25 224", 224, 49.7, 3.207, .078, 10.98, .32},
    {"MobileNetV1 0.5 128", 128, 56.2, 3.650, .113, 8.26, .20},
    {"MobileNetV1 0.5 160", 160, 59.0, 3.826, .066, 11.59, .51},
    {"MobileNetV1 0.5 192", 192, 61.7, 3.856, .065, 15.01, .27},
    {"MobileNetV1 0.5 224", 224, 63.2, 4.211, .064, 19.86, .25},
    {"MobileNetV1 0.75 128", 128, 62.0, 3.661, .112, 12.51, .55},
    {"MobileNetV1 0.75 160", 160, 65.2, 4.349, .118, 17.31, .36},
    {"MobileNetV1 0.75 192", 192, 67.1, 4.393, .073, 23.70, .34},
    {"MobileNetV1 0.75 224", 224, 68.3, 4.672, .066, 31.51, .24},
    {"MobileNetV1 1.0 128", 128, 65.2, 3.824, .086, 17.43, .43},
    {"MobileNetV1 1.0 160", 160, 68.0, 4.177, .102, 25.29, .37},
    {"MobileNetV1 1.0 192", 192, 69.9, 4.624, .082, 34.68, .27},
    {"MobileNetV1 1.0 224", 224, 71.0, 5.431, .112, 46.18, .22},
    {"SqueezeNet", 224, 49.0, 4.908, .058, 38.09, 11.25},
    {"DenseNet", 224, 64.2, 25.487, .144, 153.03, 29.69},
    {"NASNet mobile", 224, 73.9, 21.183, .166, 100.97, 1.01},
    {"Inception-ResNet v2", 299, 77.5, 50.851, .330, 500.99, 1.15},
    {"Inception v3", 299, 77.9, 31.108, .191, 262.05, .89},
    {"Inception v4", 299, 80.1, 59.214, .220, 540.75, 1.91},
    {"NASNet large", 331, 82.6, 112.606, .335, 1458.19, 6.66},
}};

constexpr std::array<std::size_t, 11> kComparison = {3, 7, 11, 15, 16, 17, 18, 19, 20, 21, 22};

constexpr std::array<TableNetwork, 7> kNetworks = {{
    {"home", 92.02, 48.38},
    {"home-high-sigma", 92.02, 92.0},
    {"campus", 57.87, 30.79},
    {"lte", 364.66, 170.59},
    {"artificial", 50, 25},
    {"artificial2", 100, 50},
    {"perfect", 50, 0},
}};

}  // namespace

std::span<const TableModel> table_models() { return kModels; }
std::span<const std::size_t> comparison_models() { return kComparison; }
std::span<const TableNetwork> table_networks() { return kNetworks; }

const TableNetwork* find_network(std::string_view name) {
  for (const TableNetwork& network : kNetworks) {
    if (network.name == name) return &network;
  }
  return nullptr;
}

}  // namespace sluice::simulate
