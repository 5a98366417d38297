// What a model's computation comes to, as the core counts it where it runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::train::splitnet {

// Multiply-adds of one picture [1, 3, side, side] from the input to each of the tensors. Errors are those of model::Model.
Result<std::vector<std::uint64_t>> multiply_adds_to(const std::string& onnx, const std::vector<std::string>& names,
                                                    std::int64_t side);
// To the outputs.
Result<std::uint64_t> multiply_adds_of(const std::string& onnx, std::int64_t side);

}  // namespace sluice::train::splitnet
