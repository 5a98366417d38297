// What symbols take as real payloads: by AgileNN's LZW and by the range coder with tables learned from training pictures. Every
// payload is decoded again; one that does not come back whole is kInternal. Symbols beyond those that were learned from are clamped, as the
// encoder does.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::train::splitnet::baselines {

struct CodedBytes {
  double lzw = 0;  // means of a picture
  double range = 0;
};

class SymbolCoders {
 public:
  // `symbols`: whole numbers that int8 holds, [N, channels, height, width], of pictures that are not measured.
  static Result<SymbolCoders> learn(const torch::Tensor& symbols);

  Result<CodedBytes> measure(const torch::Tensor& symbols) const;

  const std::vector<std::uint8_t>& section() const { return section_; }

 private:
  std::vector<std::uint8_t> section_;
};

}  // namespace sluice::train::splitnet::baselines
