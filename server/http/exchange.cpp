#include "server/http/exchange.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "core/wire/utf8.hpp"

namespace sluice::server {

HttpReply text_reply(unsigned status, std::string text) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(text);
  reply.set("Content-Type", "text/plain; charset=utf-8");
  return reply;
}

HttpReply json_reply(unsigned status, std::string json) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(json);
  reply.set("Content-Type", "application/json");
  return reply;
}

HttpReply error_reply(const Error& error, std::uint32_t retry_after_ms) {
  return error_reply(status_of(error.code), error, retry_after_ms);
}

HttpReply error_reply(unsigned status, const Error& error, std::uint32_t retry_after_ms) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  writer.Key("error");
  writer.String(wire::as_utf8(error.message));  // which may name a file
  writer.Key("code");
  writer.String(std::string(error_name(error.code)));
  if (retry_after_ms > 0) {
    writer.Key("retry_after_ms");
    writer.Uint(retry_after_ms);
  }
  writer.EndObject();
  auto reply = json_reply(status, std::string(buffer.GetString(), buffer.GetSize()));
  if (retry_after_ms > 0) reply.set("Retry-After", std::to_string(std::max(1U, (retry_after_ms + 999) / 1000)));
  return reply;
}

unsigned status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOverloaded:
    case ErrorCode::kRateLimited:
    case ErrorCode::kTooManyInFlight: return 429;
    case ErrorCode::kShuttingDown:
    case ErrorCode::kTooManyConnections: return 503;
    case ErrorCode::kDeadlineExpired: return 504;
    case ErrorCode::kMessageTooLarge:
    case ErrorCode::kOutOfMemory: return 413;
    case ErrorCode::kNotFound:
    case ErrorCode::kUnknownBundle: return 404;
    case ErrorCode::kHandshakeRefused: return 403;
    case ErrorCode::kUnauthenticated: return 401;
    default: break;
  }
  const ErrorInfo* info = find_error(static_cast<std::uint32_t>(code));
  if (info == nullptr) return 500;
  return info->category == ErrorCategory::kArgument || info->category == ErrorCategory::kProtocol ? 400 : 500;
}

}  // namespace sluice::server
