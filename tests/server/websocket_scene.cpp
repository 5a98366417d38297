#include "tests/server/websocket_scene.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/model/onnx_writer.hpp"
#include "core/wire/codec.hpp"

namespace sluice::test {
namespace {

// Gives back whatever bytes it is given.
std::string bytes_onnx() {
  model::OnnxWriter onnx("bytes");
  onnx.add_input("bytes", DataType::kUint8, {1, -1});
  onnx.add_output("same", DataType::kUint8, {1, -1});
  onnx.add_node("Identity", {"bytes"}, {"same"});
  return onnx.finish();
}

// What request `id` carries: other bytes than another's, at another place, or in a message that was cut.
std::string content(std::uint64_t id, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(31 * id + 7 * size + i + i / 251);
  return bytes;
}

std::string request_bytes(std::uint64_t id, Duration budget, std::size_t size) {
  const std::string bytes = content(id, size);
  wire::Request request;
  request.id = id;
  request.budget = budget;
  request.tensors.push_back({"bytes", {DataType::kUint8, {1, static_cast<std::int64_t>(size)}, as_bytes(bytes)}});
  std::string message;
  wire::encode(request, message);
  return message;
}

std::string told(const wire::Answer& answer) {
  const std::string number = std::to_string(answer.request_id);
  if (answer.outputs.size() != 1) return "answer " + number + " without its output";
  const Bytes bytes = answer.outputs[0].tensor.bytes;
  const std::string sent = content(answer.request_id, bytes.size());
  const bool same = std::ranges::equal(bytes, as_bytes(sent));
  return "answer " + number + (same ? "" : " with other bytes");
}

// What a frame of the server's says, in a word or two.
std::string told(const Frame& frame) {
  if (frame.reserved != 0 || !frame.last) return "a frame that is none of this protocol's";
  if (frame.opcode == kPong) return "pong " + frame.payload;
  if (frame.opcode == kClose) {
    if (frame.payload.size() < 2) return "close";
    const auto byte = [&](std::size_t at) {
      return static_cast<unsigned>(static_cast<unsigned char>(frame.payload[at]));
    };
    return "close " + std::to_string(byte(0) << 8U | byte(1));
  }
  if (frame.opcode != kBinary) return "opcode " + std::to_string(frame.opcode);
  const auto message = wire::decode(as_bytes(frame.payload));
  if (!message) return "a message that cannot be decoded";
  if (const auto* answer = std::get_if<wire::Answer>(&*message)) return told(*answer);
  if (const auto* error = std::get_if<wire::ErrorMessage>(&*message))
    return "error " + std::string(error_name(error->code));
  return std::holds_alternative<wire::Welcome>(*message) ? "welcome" : "another message";
}

// For what is printed when a check fails.
std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += "[" + word + "]";
  return all;
}

}  // namespace

std::string hear(FrameClient& client) {
  const auto frame = client.receive();
  if (frame) return told(*frame);
  return client.timed_out() ? "silence" : "end";
}

WebSocketScene::WebSocketScene() {
  write_plain_bundle(folder_.path(), "bytes", bytes_onnx(), input::TensorSpec{DataType::kUint8, {1, 4}});
  server_ = std::make_unique<TestServer>(folder_.path(), server::ServerOptions{}, real_engine());
}

void WebSocketScene::greet(FrameClient& client) {
  REQUIRE(client.upgraded());
  wire::Hello hello;
  hello.bundle = "bytes";
  hello.bundle_version = kVersion;
  std::string greeting;
  wire::encode(hello, greeting);
  client.send(Frame{.opcode = kBinary, .payload = greeting});
  REQUIRE(hear(client) == "welcome");
  client.send(Frame{.opcode = kBinary, .payload = request_of_size(1, 60)});
  REQUIRE(hear(client) == "answer 1");
}

void WebSocketScene::check(const WebSocketCase& one) {
  CAPTURE(one.number);
  FrameClient client(port());
  greet(client);
  std::string sent;
  for (const Frame& frame : one.sent) sent += frame_bytes(frame);
  client.send(sent, one.chop);
  std::vector<std::string> heard;
  while (heard.size() < one.expected.size()) heard.push_back(hear(client));
  CHECK(joined(heard) == joined(one.expected));
  // A close that the server begins is answered; else one is begun here.
  client.send(close_frame(1000));
  if (heard.empty() || !heard.back().starts_with("close")) CHECK(hear(client) == "close 1000");
  CHECK(hear(client) == "end");
}

std::string request_of_size(std::uint64_t id, std::size_t bytes) {
  // The sizes within a message take more bytes for larger numbers, so that some of its sizes need a longer budget.
  for (const auto budget : {std::chrono::seconds(20), std::chrono::seconds(300)}) {
    for (std::size_t overhead = 20; overhead < 80 && overhead <= bytes; ++overhead) {
      std::string message = request_bytes(id, budget, bytes - overhead);
      if (message.size() == bytes) return message;
    }
  }
  FAIL("no request is of ", bytes, " bytes");
  return {};
}

std::vector<Frame> fragments(Opcode opcode, const std::string& message, const std::vector<std::size_t>& ends) {
  std::vector<Frame> frames;
  std::size_t start = 0;
  for (const std::size_t end : ends) {
    frames.push_back({.opcode = frames.empty() ? opcode : kContinuation,
                      .payload = message.substr(start, end - start),
                      .last = false});
    start = end;
  }
  frames.push_back({.opcode = frames.empty() ? opcode : kContinuation, .payload = message.substr(start)});
  return frames;
}

std::vector<Frame> fragments_of(Opcode opcode, const std::string& message, std::size_t size) {
  std::vector<std::size_t> ends;
  for (std::size_t end = size; end < message.size(); end += size) ends.push_back(end);
  return fragments(opcode, message, ends);
}

}  // namespace sluice::test
