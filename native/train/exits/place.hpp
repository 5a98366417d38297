// Where exits can hang on a classifier: tensors through which all passes, feature maps, as they stand just before more is computed
// from them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/train/splitnet/onnx_network.hpp"

namespace sluice::train::exits {

struct Place {
  std::string tensor;  // its name in the file
  std::int64_t channels = 0;
  std::int64_t side = 0;
  std::uint64_t multiply_adds = 0;  // from the model's input to here
};

struct Places {
  std::vector<Place> all;           // in the model's order
  std::uint64_t multiply_adds = 0;  // of the whole model
};

// `onnx`: what `network` was loaded from; `side`: of its pictures. `wanted`: names of tensors; empty: all there are but those
// behind which next to nothing is left to save. kInvalidArgument where there is none, or a wanted one is not among them: names those
// that are, and where a graph is no chain the first node that reads around.
Result<Places> find_places(const std::string& onnx, splitnet::OnnxNetworkImpl& network, std::int64_t side,
                           const std::vector<std::string>& wanted);

// kInvalidArgument where a cut is named, neither "auto" nor empty, that is at none of these places: names them.
Result<void> check_cut(const std::string& cut, const Places& places);

}  // namespace sluice::train::exits
