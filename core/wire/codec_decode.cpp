// The decoding half of codec.hpp.
#include <array>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <protozero/pbf_reader.hpp>

#include "core/wire/codec.hpp"
#include "core/wire/utf8.hpp"

namespace sluice::wire {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

// Field numbers of the bodies in sluice.proto.
enum Body : protozero::pbf_tag_type {
  kHello = 1,
  kWelcome,
  kRequest,
  kAnswer,
  kError,
  kCancel,
  kGoodbye,
  kPing,
  kPong,
  kPart,
};

constexpr auto kVarint = pbf_wire_type::varint;
constexpr auto kFixed32 = pbf_wire_type::fixed32;
constexpr auto kFixed64 = pbf_wire_type::fixed64;
constexpr auto kBytes = pbf_wire_type::length_delimited;

constexpr std::size_t kMaxEncodings = 64;
constexpr std::size_t kMaxServersPassed = 64;
// Longer durations are nonsense and would overflow once added to an instant.
constexpr std::uint64_t kMaxDurationUs = 1'000'000'000'000'000;

// These functions leave by throwing Refused or a protozero exception; decode() catches both.
struct Refused {
  ErrorCode code;
  std::string message;
};

[[noreturn]] void malformed(std::string message) { throw Refused{ErrorCode::kMalformedMessage, std::move(message)}; }

std::uint32_t read_u32(pbf_reader& in, const char* field) {
  const std::uint64_t value = in.get_uint64();
  if (value > std::numeric_limits<std::uint32_t>::max()) {
    malformed(join_text({field, " is ", value, ", above 4294967295"}));
  }
  return static_cast<std::uint32_t>(value);
}

ErrorCode read_error_code(pbf_reader& in, const char* field) {
  const std::uint32_t value = read_u32(in, field);
  if (value > std::numeric_limits<std::uint16_t>::max()) {
    malformed(join_text({field, " is ", value, ", above 65535"}));
  }
  return static_cast<ErrorCode>(value);
}

Duration read_duration(pbf_reader& in, const char* field) {
  const std::uint64_t value = in.get_uint64();
  if (value > kMaxDurationUs) {
    malformed(join_text({field, " is ", value, " us, above ", kMaxDurationUs}));
  }
  return Duration(static_cast<Duration::rep>(value));
}

std::string read_text(pbf_reader& in, const char* field, const DecodeLimits& limits) {
  const auto view = in.get_view();
  if (view.size() > limits.max_string_bytes) {
    malformed(join_text({field, " has ", view.size(), " bytes; at most ", limits.max_string_bytes, " are allowed"}));
  }
  const std::string_view text(view.data(), view.size());
  if (!is_utf8(text)) malformed(join_text({field, " is not UTF-8"}));
  return std::string(text);
}

Bytes read_bytes(pbf_reader& in) {
  const auto view = in.get_view();
  return as_bytes({view.data(), view.size()});
}

float read_share(pbf_reader& in, const char* field) {
  const float value = in.get_float();
  if (!(value >= 0 && value <= 1)) malformed(join_text({field, " is no share from 0 to 1"}));
  return value;
}

// The dimensions of one tensor, which a writer may split over several fields.
struct Dims {
  std::array<std::int64_t, Shape::kMaxRank> values{};
  std::size_t count = 0;

  void add(std::int64_t value) {
    if (count == values.size()) malformed(join_text({"a tensor has more than ", Shape::kMaxRank, " dimensions"}));
    values[count++] = value;
  }
};

NamedTensor read_tensor(pbf_reader in, const DecodeLimits& limits) {
  NamedTensor named;
  Dims dims;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kBytes): named.name = read_text(in, "tensor.name", limits); break;
      case tag_and_type(2, kVarint): {
        const std::uint32_t type = read_u32(in, "tensor.type");
        const auto known = type <= 255 ? static_cast<DataType>(type) : DataType::kUndefined;
        if (element_size(known) == 0) malformed(join_text({"tensor.type is ", type, ", not an element type"}));
        named.tensor.type = known;
        break;
      }
      case tag_and_type(3, kVarint): dims.add(in.get_int64()); break;
      case tag_and_type(3, kBytes):
        for (const std::int64_t value : in.get_packed_int64()) dims.add(value);
        break;
      case tag_and_type(4, kBytes): named.tensor.bytes = read_bytes(in); break;
      default: in.skip();
    }
  }
  if (named.name.empty()) malformed("a tensor has no name");
  const std::string who = "tensor " + quoted(named.name);
  if (named.tensor.type == DataType::kUndefined) malformed(who + " has no type");
  const auto shape = Shape::make(std::span(dims.values.data(), dims.count));
  if (!shape) malformed(who + " has a negative dimension");
  const auto size = dense_size(named.tensor.type, *shape, limits.max_message_bytes);
  if (!size) malformed(join_text({who, ": ", size.error().message}));
  if (*size != named.tensor.bytes.size()) {
    malformed(join_text({who, " of shape ", to_string(*shape), " and type ", type_name(named.tensor.type), " has ",
                         named.tensor.bytes.size(), " bytes instead of ", *size}));
  }
  named.tensor.shape = *shape;
  return named;
}

void read_tensors(pbf_reader& in, std::vector<NamedTensor>& tensors, const DecodeLimits& limits) {
  if (tensors.size() >= limits.max_tensors) {
    malformed(join_text({"more than ", limits.max_tensors, " tensors in one message"}));
  }
  tensors.push_back(read_tensor(in.get_message(), limits));
}

Hello read_hello(pbf_reader in, const DecodeLimits& limits) {
  Hello hello;
  hello.oldest_protocol = 0;
  hello.newest_protocol = 0;
  hello.features = 0;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kVarint): hello.oldest_protocol = read_u32(in, "hello.oldest_protocol"); break;
      case tag_and_type(2, kVarint): hello.newest_protocol = read_u32(in, "hello.newest_protocol"); break;
      case tag_and_type(3, kBytes): hello.client = read_text(in, "hello.client", limits); break;
      case tag_and_type(4, kBytes): hello.bundle = read_text(in, "hello.bundle", limits); break;
      case tag_and_type(5, kBytes): hello.bundle_version = read_text(in, "hello.bundle_version", limits); break;
      case tag_and_type(8, kVarint): hello.features = in.get_uint64(); break;
      default: in.skip();
    }
  }
  return hello;
}

Limits read_limits(pbf_reader in) {
  Limits limits;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kVarint): limits.max_message_bytes = in.get_uint64(); break;
      case tag_and_type(2, kVarint): limits.max_in_flight = read_u32(in, "limits.max_in_flight"); break;
      case tag_and_type(3, kVarint): limits.max_budget_ms = read_u32(in, "limits.max_budget_ms"); break;
      default: in.skip();
    }
  }
  return limits;
}

Welcome read_welcome(pbf_reader in, const DecodeLimits& limits) {
  Welcome welcome;
  welcome.protocol = 0;
  welcome.features = 0;
  const auto add_encoding = [&](std::uint32_t value) {
    if (welcome.encodings.size() >= kMaxEncodings) malformed("welcome.encodings has more than 64 entries");
    welcome.encodings.push_back(static_cast<Encoding>(value));
  };
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kVarint): welcome.protocol = read_u32(in, "welcome.protocol"); break;
      case tag_and_type(2, kBytes): welcome.server = read_text(in, "welcome.server", limits); break;
      case tag_and_type(3, kBytes): welcome.bundle = read_text(in, "welcome.bundle", limits); break;
      case tag_and_type(4, kBytes): welcome.bundle_version = read_text(in, "welcome.bundle_version", limits); break;
      case tag_and_type(5, kBytes): welcome.limits = read_limits(in.get_message()); break;
      case tag_and_type(6, kVarint): add_encoding(read_u32(in, "welcome.encodings")); break;
      case tag_and_type(6, kBytes):
        for (const std::uint32_t value : in.get_packed_uint32()) add_encoding(value);
        break;
      case tag_and_type(9, kVarint): welcome.features = in.get_uint64(); break;
      case tag_and_type(10, kBytes):
        if (welcome.inputs.size() >= limits.max_tensors) {
          malformed(join_text({"welcome.inputs has more than ", limits.max_tensors, " entries"}));
        }
        welcome.inputs.push_back(read_text(in, "welcome.inputs", limits));
        break;
      default: in.skip();
    }
  }
  return welcome;
}

Request read_request(pbf_reader in, const DecodeLimits& limits) {
  Request request;
  request.encoding = Encoding{};
  std::size_t sizes = 0;
  const auto add_size = [&](std::uint32_t value) {
    if (sizes == request.extent.size()) malformed(join_text({"request.extent has more than ", sizes, " numbers"}));
    request.extent[sizes++] = value;
  };
  const auto add_server = [&](std::uint64_t value) {
    if (request.passed_by.size() >= kMaxServersPassed) malformed("request.passed_by has more than 64 entries");
    request.passed_by.push_back(value);
  };
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kVarint): request.id = in.get_uint64(); break;
      case tag_and_type(2, kVarint): request.budget = read_duration(in, "request.budget_us"); break;
      case tag_and_type(3, kVarint): request.encoding = static_cast<Encoding>(read_u32(in, "request.encoding")); break;
      case tag_and_type(4, kVarint): add_size(read_u32(in, "request.extent")); break;
      case tag_and_type(4, kBytes):
        for (const std::uint32_t value : in.get_packed_uint32()) add_size(value);
        break;
      case tag_and_type(6, kBytes): request.payload = read_bytes(in); break;
      case tag_and_type(7, kBytes): read_tensors(in, request.tensors, limits); break;
      case tag_and_type(11, kBytes): request.embedding = read_bytes(in); break;
      case tag_and_type(12, kVarint): request.parts_follow = in.get_uint64() != 0; break;
      case tag_and_type(13, kFixed32): request.reuse_distance = in.get_float(); break;
      case tag_and_type(14, kBytes): request.traceparent = as_text(read_bytes(in)); break;
      case tag_and_type(15, kVarint): request.exit_point = read_u32(in, "request.exit_point"); break;
      case tag_and_type(10, kVarint): request.return_time = read_duration(in, "request.return_us"); break;
      case tag_and_type(16, kFixed32): request.least_agreement = read_share(in, "request.least_agreement"); break;
      case tag_and_type(17, kFixed64): add_server(in.get_fixed64()); break;
      case tag_and_type(17, kBytes):
        for (const std::uint64_t value : in.get_packed_fixed64()) add_server(value);
        break;
      default: in.skip();
    }
  }
  return request;
}

Part read_part(pbf_reader in) {
  Part part;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kVarint): part.request_id = in.get_uint64(); break;
      case tag_and_type(2, kVarint): part.number = read_u32(in, "part.number"); break;
      case tag_and_type(3, kVarint): part.last = in.get_uint64() != 0; break;
      case tag_and_type(6, kBytes): part.payload = read_bytes(in); break;
      default: in.skip();
    }
  }
  return part;
}

ServerCost read_cost(pbf_reader in) {
  ServerCost cost;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kVarint): cost.queue = read_duration(in, "cost.queue_us"); break;
      case tag_and_type(2, kVarint): cost.decode = read_duration(in, "cost.decode_us"); break;
      case tag_and_type(3, kVarint): cost.compute = read_duration(in, "cost.compute_us"); break;
      default: in.skip();
    }
  }
  return cost;
}

Answer read_answer(pbf_reader in, const DecodeLimits& limits) {
  Answer answer;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kVarint): answer.request_id = in.get_uint64(); break;
      case tag_and_type(2, kBytes): read_tensors(in, answer.outputs, limits); break;
      case tag_and_type(3, kBytes): answer.cost = read_cost(in.get_message()); break;
      case tag_and_type(4, kVarint): answer.how = read_u32(in, "answer.how"); break;
      case tag_and_type(5, kBytes): answer.variant = read_text(in, "answer.variant", limits); break;
      case tag_and_type(6, kFixed32): answer.agreement = read_share(in, "answer.agreement"); break;
      case tag_and_type(7, kVarint): answer.hops = read_u32(in, "answer.hops"); break;
      default: in.skip();
    }
  }
  return answer;
}

ErrorMessage read_error(pbf_reader in, const DecodeLimits& limits) {
  ErrorMessage error;
  error.code = ErrorCode{};
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kVarint): error.request_id = in.get_uint64(); break;
      case tag_and_type(2, kVarint): error.code = read_error_code(in, "error.code"); break;
      case tag_and_type(3, kBytes): error.message = read_text(in, "error.message", limits); break;
      case tag_and_type(4, kVarint): error.retry_after_ms = read_u32(in, "error.retry_after_ms"); break;
      default: in.skip();
    }
  }
  return error;
}

Goodbye read_goodbye(pbf_reader in) {
  Goodbye goodbye;
  goodbye.reason = ErrorCode{};
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(1, kVarint): goodbye.reason = read_error_code(in, "goodbye.reason"); break;
      case tag_and_type(2, kVarint): goodbye.reconnect_after_ms = read_u32(in, "goodbye.reconnect_after_ms"); break;
      default: in.skip();
    }
  }
  return goodbye;
}

// The one number of Cancel, Ping and Pong.
std::uint64_t read_number(pbf_reader in) {
  std::uint64_t value = 0;
  while (in.next()) {
    if (in.tag_and_type() == tag_and_type(1, kVarint)) {
      value = in.get_uint64();
    } else {
      in.skip();
    }
  }
  return value;
}

// What clients alone send; whether it was one of them.
using ReadFromClient = bool (*)(pbf_reader& in, const DecodeLimits& limits, Message& message);

bool read_from_client(pbf_reader& in, const DecodeLimits& limits, Message& message) {
  switch (in.tag_and_type()) {
    case tag_and_type(kHello, kBytes): message = read_hello(in.get_message(), limits); return true;
    case tag_and_type(kRequest, kBytes): message = read_request(in.get_message(), limits); return true;
    case tag_and_type(kPart, kBytes): message = read_part(in.get_message()); return true;
    case tag_and_type(kCancel, kBytes): message = Cancel{read_number(in.get_message())}; return true;
    default: return false;
  }
}

bool refuse_from_client(pbf_reader& in, const DecodeLimits&, Message&) {
  const auto field = in.tag();
  if (field != kHello && field != kRequest && field != kCancel && field != kPart) return false;
  throw Refused{ErrorCode::kUnexpectedMessage, "the server sent a message that only a client may send"};
}

Message read_envelope(Bytes bytes, const DecodeLimits& limits, ReadFromClient from_client) {
  pbf_reader in(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::optional<Message> message;
  const auto set = [&](Message body) {
    if (message) malformed("more than one body in a message");
    message = std::move(body);
  };
  while (in.next()) {
    switch (in.tag_and_type()) {
      case tag_and_type(kWelcome, kBytes): set(read_welcome(in.get_message(), limits)); break;
      case tag_and_type(kAnswer, kBytes): set(read_answer(in.get_message(), limits)); break;
      case tag_and_type(kError, kBytes): set(read_error(in.get_message(), limits)); break;
      case tag_and_type(kGoodbye, kBytes): set(read_goodbye(in.get_message())); break;
      case tag_and_type(kPing, kBytes): set(Ping{read_number(in.get_message())}); break;
      case tag_and_type(kPong, kBytes): set(Pong{read_number(in.get_message())}); break;
      default: {
        Message other;
        if (from_client(in, limits, other)) set(std::move(other));
        else in.skip();
      }
    }
  }
  if (!message) malformed(join_text({"a message of ", bytes.size(), " bytes without a known body"}));
  return *std::move(message);
}

Result<Message> decode_with(Bytes bytes, const DecodeLimits& limits, ReadFromClient from_client) {
  if (bytes.size() > limits.max_message_bytes) {
    return fail(ErrorCode::kMessageTooLarge,
                {"a message of ", bytes.size(), " bytes; at most ", limits.max_message_bytes, " are allowed"});
  }
  try {
    return read_envelope(bytes, limits, from_client);
  } catch (const Refused& refused) {
    return fail(refused.code, refused.message);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, {"no memory for a message of ", bytes.size(), " bytes"});
  } catch (const std::exception& error) {
    return fail(ErrorCode::kMalformedMessage,
                {"a message of ", bytes.size(), " bytes is truncated or not protobuf (", error.what(), ")"});
  }
}

}  // namespace

Result<Message> decode(Bytes bytes, const DecodeLimits& limits) { return decode_with(bytes, limits, read_from_client); }

Result<Message> decode_from_server(Bytes bytes, const DecodeLimits& limits) {
  return decode_with(bytes, limits, refuse_from_client);
}

std::uint64_t salvage_request_id(Bytes bytes) {
  std::uint64_t id = 0;
  try {
    pbf_reader in(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    while (in.next()) {
      if (in.tag_and_type() != tag_and_type(kRequest, kBytes) && in.tag_and_type() != tag_and_type(kPart, kBytes)) {
        in.skip();
        continue;
      }
      pbf_reader request = in.get_message();
      while (request.next()) {
        if (request.tag_and_type() == tag_and_type(1, kVarint)) {
          id = request.get_uint64();
        } else {
          request.skip();
        }
      }
    }
  } catch (const std::exception&) {
    // What was read before the damage is all there is.
  }
  return id;
}

}  // namespace sluice::wire
