// The backbone by itself, and the same backbone with fewer channels, trained as it was.
#pragma once

#include <vector>

#include "native/train/exits/backbone.hpp"
#include "native/train/exits/baselines/subject.hpp"

namespace sluice::train::exits::baselines {

struct SmallerBackbone {
  double width = 0;
  std::shared_ptr<BackboneImpl> network;
  std::string onnx;
  std::uint64_t multiply_adds = 0;
  std::uint32_t epochs = 0;
};

// Those of the options' widths, from the cheapest on. Each is a stage of its own in the work folder, and lies there as smaller-WIDTH.onnx.
Result<std::vector<SmallerBackbone>> train_smaller(const Subject& subject);

Result<std::vector<ExitBaselinePoint>> run_smaller(const Subject& subject);
Result<std::vector<ExitBaselinePoint>> run_plain(const Subject& subject);

}  // namespace sluice::train::exits::baselines
