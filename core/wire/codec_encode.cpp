// The encoding half of codec.hpp.
#include <protozero/pbf_writer.hpp>

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

void add_tensor(pbf_writer& parent, protozero::pbf_tag_type tag, const NamedTensor& named) {
  pbf_writer out(parent, tag);
  add_text(out, 1, named.name);
  add_number(out, 2, static_cast<std::uint32_t>(named.tensor.type));
  const auto dims = named.tensor.shape.dims();
  out.add_packed_int64(3, dims.begin(), dims.end());
  add_text(out, 4, as_text(named.tensor.bytes));
}

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
  add_text(out, 6, as_text(request.payload));
  for (const NamedTensor& tensor : request.tensors) add_tensor(out, 7, tensor);
}

void write(pbf_writer& out, const Answer& answer) {
  add_number(out, 1, answer.request_id);
  for (const NamedTensor& tensor : answer.outputs) add_tensor(out, 2, tensor);
  pbf_writer cost(out, 3);
  add_duration(cost, 1, answer.cost.queue);
  add_duration(cost, 2, answer.cost.decode);
  add_duration(cost, 3, answer.cost.compute);
  cost.commit();
  add_number(out, 4, answer.how);
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

std::size_t payload_bytes(const Message& message) {
  std::size_t bytes = 0;
  const auto add = [&](const std::vector<NamedTensor>& tensors) {
    for (const NamedTensor& tensor : tensors) bytes += tensor.tensor.bytes.size() + tensor.name.size() + 96;
  };
  if (const auto* request = std::get_if<Request>(&message)) {
    bytes = request->payload.size();
    add(request->tensors);
  } else if (const auto* answer = std::get_if<Answer>(&message)) {
    add(answer->outputs);
  }
  return bytes;
}

}  // namespace

void encode(const Message& message, std::string& out) {
  out.clear();
  out.reserve(payload_bytes(message) + 128);
  pbf_writer envelope(out);
  std::visit(
      [&](const auto& body) {
        // The variant's alternatives stand in the order of the field numbers.
        const auto tag = static_cast<protozero::pbf_tag_type>(message.index() + 1);
        {
          pbf_writer inner(envelope, tag);
          write(inner, body);
        }
        // A body whose fields all have their default is left out by the writer, but which body it is matters.
        if (out.empty()) envelope.add_message(tag, "", 0);
      },
      message);
}

}  // namespace sluice::wire
