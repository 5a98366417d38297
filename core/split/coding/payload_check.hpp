// The check of a payload's first byte that all decoders make. Hosted.
#pragma once

#include <cstdint>

#include "core/base/result.hpp"
#include "core/split/coding/payload_header.hpp"

namespace sluice::split {

// kMalformedPayload for another version of the format, kUnsupportedEncoding for a coder other than `expected`.
Result<void> check_payload_header(std::uint8_t header, Coder expected);

}  // namespace sluice::split
