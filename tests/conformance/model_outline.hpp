// What a conformance case tests: the operators of its model, read from the ONNX bytes without the reader under test, so that
// a model which Sluice refuses still counts for the operators in it. Throws protozero's exceptions on malformed bytes.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "core/base/bytes.hpp"

namespace sluice::conformance {

struct ModelOutline {
  std::int64_t opset = 0;           // of ONNX's own domain
  std::set<std::string> operators;  // "Add"; those of other domains as "domain:Name"
  std::string first_operator;       // of the main graph's first node
  std::size_t nodes = 0;            // of the main graph
};

ModelOutline outline_of(Bytes model);

}  // namespace sluice::conformance
