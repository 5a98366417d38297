#include "core/pipeline/answer_cost.hpp"

namespace sluice::pipeline {
namespace {

double thousandths(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

}  // namespace

double cost_of(const Cost& cost, const adapt::CostWeights& weights) {
  return weights.per_device_cost * thousandths(cost.local_compute + cost.encode) +
         weights.per_kilobyte * static_cast<double>(cost.bytes_up) / 1e3 +
         weights.per_server_ms * thousandths(cost.server_decode + cost.server_compute);
}

}  // namespace sluice::pipeline
