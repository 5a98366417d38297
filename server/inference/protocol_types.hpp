// Element types of the Open Inference Protocol ("FP32") and of tensors, one to one. BYTES has no tensor type here.
#pragma once

#include <optional>
#include <string_view>

#include "core/tensor/data_type.hpp"

namespace sluice::server {

std::optional<DataType> from_protocol_type(std::string_view name);
std::string_view to_protocol_type(DataType type);  // empty for types that the protocol lacks

}  // namespace sluice::server
