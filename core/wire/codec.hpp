// Messages to bytes and back (protobuf by sluice.proto, through protozero). Decoding borrows from the bytes, checks every
// size against the limits before it allocates, and answers hostile bytes with kMalformedMessage or kMessageTooLarge.
// An error text above the limit on strings is cut when it is encoded; other fields are written as they are.
// Unknown fields are skipped, so that later minor versions can add some. No state; safe from any thread.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/wire/messages.hpp"

namespace sluice::wire {

struct DecodeLimits {
  std::size_t max_message_bytes = std::size_t{16} << 20;
  std::size_t max_tensors = 64;
  std::size_t max_string_bytes = 4096;
};

// Replaces the contents of `out` (whose capacity is reused). Payloads and tensors are copied into it once and not moved again.
void encode(const Message& message, std::string& out);

Result<Message> decode(Bytes bytes, const DecodeLimits& limits = {});
// The same for who hears a server only: kUnexpectedMessage for what clients send, the reading of which its build then lacks.
Result<Message> decode_from_server(Bytes bytes, const DecodeLimits& limits = {});

// The id of a request whose message, or a part of whose payload, decode() refused, as far as it can be read, so that the request alone fails; 0 if not.
std::uint64_t salvage_request_id(Bytes bytes);

}  // namespace sluice::wire
