// A BatchNormalization with constant parameters as the affine map y = scale * x + shift of each channel.
#pragma once

#include <optional>
#include <vector>

#include "core/model/graph.hpp"

namespace sluice::model::passes {

struct ChannelAffine {
  std::vector<float> scale;
  std::vector<float> shift;
};

// nullopt when the node is no inference-mode BatchNormalization with float32 constants of one length.
std::optional<ChannelAffine> channel_affine_of(const Graph& graph, const Node& node);

}  // namespace sluice::model::passes
