// The encoding half of codec.hpp. What may be large, payloads and tensors, stands behind the other fields of its message, and
// how many bytes it takes is known before it is written: protozero would leave room for a length and then move the message.
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>
#include <span>

#include "core/wire/codec.hpp"
#include "core/wire/utf8.hpp"

namespace sluice::wire {
namespace {

using protozero::pbf_writer;

constexpr std::size_t kMaxErrorText = 2048;

template <typename T>
void add_number(pbf_writer& out, protozero::pbf_tag_type tag, T value) {
  if (value != T{0}) out.add_uint64(tag, static_cast<std::uint64_t>(value));
}

void add_text(pbf_writer& out, protozero::pbf_tag_type tag, std::string_view text) {
  if (!text.empty()) out.add_string(tag, text.data(), text.size());
}

void add_duration(pbf_writer& out, protozero::pbf_tag_type tag, Duration duration) {
  add_number(out, tag, duration.count() < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(duration.count()));
}

std::size_t varint_size(std::uint64_t value) { return static_cast<std::size_t>(protozero::length_of_varint(value)); }

// What a field of so many bytes takes, with its tag (below 16) and length; left out when it is empty.
std::size_t field_size(std::size_t bytes) { return bytes == 0 ? 0 : 1 + varint_size(bytes) + bytes; }

std::size_t body_size(const NamedTensor& named) {
  std::size_t dims = 0;
  for (const std::int64_t dim : named.tensor.shape.dims()) dims += varint_size(static_cast<std::uint64_t>(dim));
  const auto type = static_cast<std::uint64_t>(named.tensor.type);
  return field_size(named.name.size()) + (type == 0 ? 0 : 1 + varint_size(type)) + field_size(dims) +
         field_size(named.tensor.bytes.size());
}

void begin_message(std::string& out, protozero::pbf_tag_type tag, std::size_t size) {
  out.push_back(static_cast<char>(tag << 3U | static_cast<unsigned>(protozero::pbf_wire_type::length_delimited)));
  protozero::add_varint_to_buffer(&out, size);
}

void add_tensor(std::string& bytes, protozero::pbf_tag_type tag, const NamedTensor& named) {
  begin_message(bytes, tag, body_size(named));
  pbf_writer out(bytes);
  add_text(out, 1, named.name);
  add_number(out, 2, static_cast<std::uint32_t>(named.tensor.type));
  const auto dims = named.tensor.shape.dims();
  out.add_packed_int64(3, dims.begin(), dims.end());
  add_text(out, 4, as_text(named.tensor.bytes));
}

// The fields of a body but those that large_fields() names.

void write(pbf_writer& out, const Hello& hello) {
  add_number(out, 1, hello.oldest_protocol);
  add_number(out, 2, hello.newest_protocol);
  add_text(out, 3, hello.client);
  add_text(out, 4, hello.bundle);
  add_text(out, 5, hello.bundle_version);
  add_number(out, 8, hello.features);
}

void write(pbf_writer& out, const Welcome& welcome) {
  add_number(out, 1, welcome.protocol);
  add_text(out, 2, welcome.server);
  add_text(out, 3, welcome.bundle);
  add_text(out, 4, welcome.bundle_version);
  {
    pbf_writer limits(out, 5);
    add_number(limits, 1, welcome.limits.max_message_bytes);
    add_number(limits, 2, welcome.limits.max_in_flight);
    add_number(limits, 3, welcome.limits.max_budget_ms);
  }
  if (!welcome.encodings.empty()) {
    protozero::packed_field_uint32 field(out, 6);
    for (const Encoding encoding : welcome.encodings) field.add_element(static_cast<std::uint32_t>(encoding));
  }
  add_number(out, 9, welcome.features);
  for (const std::string& input : welcome.inputs) out.add_string(10, input);
}

void write(pbf_writer& out, const Request& request) {
  add_number(out, 1, request.id);
  add_duration(out, 2, request.budget);
  add_number(out, 3, static_cast<std::uint32_t>(request.encoding));
  out.add_packed_uint32(4, request.extent.begin(), request.extent.end());
  add_number(out, 12, request.parts_follow);
  add_text(out, 14, request.traceparent);
  add_number(out, 15, request.exit_point);
  add_duration(out, 10, request.return_time);
  if (request.least_agreement > 0) out.add_float(16, request.least_agreement);
  out.add_packed_fixed<std::uint64_t>(17, request.passed_by.begin(), request.passed_by.end());
  if (request.embedding.empty()) return;
  add_text(out, 11, as_text(request.embedding));
  out.add_float(13, request.reuse_distance);
}

void write(pbf_writer& out, const Answer& answer) {
  add_number(out, 1, answer.request_id);
  pbf_writer cost(out, 3);
  add_duration(cost, 1, answer.cost.queue);
  add_duration(cost, 2, answer.cost.decode);
  add_duration(cost, 3, answer.cost.compute);
  cost.commit();
  add_number(out, 4, answer.how);
  add_number(out, 7, answer.hops);
  if (answer.variant.empty()) return;
  add_text(out, 5, answer.variant);
  out.add_float(6, answer.agreement);
}

void write(pbf_writer& out, const ErrorMessage& error) {
  add_number(out, 1, error.request_id);
  add_number(out, 2, static_cast<std::uint32_t>(error.code));
  add_text(out, 3, clip_utf8(error.message, kMaxErrorText));
  add_number(out, 4, error.retry_after_ms);
}

void write(pbf_writer& out, const Cancel& cancel) { add_number(out, 1, cancel.request_id); }

void write(pbf_writer& out, const Goodbye& goodbye) {
  add_number(out, 1, static_cast<std::uint32_t>(goodbye.reason));
  add_number(out, 2, goodbye.reconnect_after_ms);
}

void write(pbf_writer& out, const Ping& ping) { add_number(out, 1, ping.value); }
void write(pbf_writer& out, const Pong& pong) { add_number(out, 1, pong.value); }

void write(pbf_writer& out, const Part& part) {
  add_number(out, 1, part.request_id);
  add_number(out, 2, part.number);
  add_number(out, 3, part.last);
}

// What may be large in a message: a payload, which is field 6 wherever there is one, and tensors.
struct LargeFields {
  Bytes payload;
  std::span<const NamedTensor> tensors;
  protozero::pbf_tag_type tensor_tag = 0;

  std::size_t size() const {
    std::size_t bytes = field_size(payload.size());
    for (const NamedTensor& tensor : tensors) bytes += field_size(body_size(tensor));
    return bytes;
  }
};

LargeFields large_fields(const Message& message) {
  if (const auto* request = std::get_if<Request>(&message)) return {request->payload, request->tensors, 7};
  if (const auto* answer = std::get_if<Answer>(&message)) return {{}, answer->outputs, 2};
  if (const auto* part = std::get_if<Part>(&message)) return {part->payload, {}, 0};
  return {};
}

}  // namespace

void encode(const Message& message, std::string& out) {
  constexpr std::size_t kSmallFields = 144;  // what the rest takes, mostly; more is no harm
  const LargeFields large = large_fields(message);
  const std::size_t large_size = large.size();
  out.clear();
  out.reserve(large_size + kSmallFields);
  pbf_writer fields(out);
  std::visit([&](const auto& body) { write(fields, body); }, message);
  // The few bytes so far make room for the head of the envelope; which body it holds matters even when that is empty.
  std::string head;
  // The variant's alternatives stand in the order of the field numbers.
  begin_message(head, static_cast<protozero::pbf_tag_type>(message.index() + 1), out.size() + large_size);
  out.insert(0, head);
  add_text(fields, 6, as_text(large.payload));
  for (const NamedTensor& tensor : large.tensors) add_tensor(out, large.tensor_tag, tensor);
}

}  // namespace sluice::wire
