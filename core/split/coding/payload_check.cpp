#include "core/split/coding/payload_check.hpp"

namespace sluice::split {

Result<void> check_payload_header(std::uint8_t header, Coder expected) {
  if (header >> 4 != kPayloadVersion) {
    return fail(ErrorCode::kMalformedPayload, {"features in format ", header >> 4, "; this version reads format ",
                                               kPayloadVersion, ": update the older side"});
  }
  if (header != payload_header(expected)) {
    return fail(ErrorCode::kUnsupportedEncoding,
                {"features by coder ", header & 0xf, ", where coder ", static_cast<int>(expected), " was agreed on"});
  }
  return {};
}

}  // namespace sluice::split
