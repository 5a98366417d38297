// Generated from core/base/errors.json by cmake/generate/errors.mjs; edit the table, not this file.
#include "core/base/error.hpp"

namespace sluice {

std::string_view find_error_name(std::uint32_t code) {
  switch (code) {
    case 1: return "invalid_argument";
    case 2: return "shape_mismatch";
    case 3: return "type_mismatch";
    case 4: return "invalid_image";
    case 5: return "disposed";
    case 6: return "not_found";
    case 7: return "malformed_media";
    case 8: return "invalid_input";
    case 20: return "malformed_model";
    case 21: return "unsupported_operator";
    case 22: return "unsupported_opset";
    case 23: return "unsupported_type";
    case 24: return "invalid_graph";
    case 25: return "execution_failed";
    case 40: return "malformed_manifest";
    case 41: return "bundle_part_missing";
    case 42: return "bundle_part_corrupt";
    case 43: return "bundle_version_mismatch";
    case 44: return "unknown_bundle";
    case 60: return "malformed_message";
    case 61: return "protocol_version_mismatch";
    case 62: return "unexpected_message";
    case 63: return "duplicate_request_id";
    case 64: return "unsupported_encoding";
    case 65: return "malformed_payload";
    case 66: return "abi_version_mismatch";
    case 80: return "message_too_large";
    case 81: return "too_many_in_flight";
    case 82: return "overloaded";
    case 83: return "out_of_memory";
    case 84: return "model_too_large";
    case 85: return "too_many_connections";
    case 86: return "rate_limited";
    case 100: return "not_connected";
    case 101: return "connection_lost";
    case 102: return "handshake_refused";
    case 103: return "fetch_failed";
    case 104: return "unauthenticated";
    case 120: return "cancelled";
    case 121: return "deadline_expired";
    case 122: return "superseded";
    case 123: return "shutting_down";
    case 140: return "unsupported_environment";
    case 141: return "engine_unavailable";
    case 142: return "io_error";
    case 143: return "invalid_certificate";
    case 160: return "internal";
    default: return {};
  }
}

}  // namespace sluice
