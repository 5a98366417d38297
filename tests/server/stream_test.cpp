// The main path: a picture goes up a WebSocket, RetinaFace runs, boxes come back; and what one bad request may do to others.
#include <doctest/doctest.h>
#include <turbojpeg.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/output/detection.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

std::vector<output::Detection> faces_of(const wire::Message& message, std::uint64_t id) {
  if (const auto* error = std::get_if<wire::ErrorMessage>(&message)) FAIL(describe({error->code, error->message}));
  REQUIRE(std::holds_alternative<wire::Answer>(message));
  const auto& answer = std::get<wire::Answer>(message);
  CHECK(answer.request_id == id);
  REQUIRE(answer.outputs.size() == 1);
  const auto aligned = Tensor::copy_of(answer.outputs[0].tensor);
  REQUIRE(aligned);
  auto faces = output::from_tensor(aligned->view());
  REQUIRE(faces);
  return *faces;
}

// The same picture with square sides, each pixel repeated; and by how much it grew.
std::pair<std::string, float> enlarged(const std::string& jpeg, int side) {
  const tjhandle codec = tjInitDecompress();
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colourspace = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(jpeg.data());
  REQUIRE(tjDecompressHeader3(codec, bytes, jpeg.size(), &width, &height, &subsampling, &colourspace) == 0);
  REQUIRE(width == height);
  std::vector<unsigned char> small(static_cast<std::size_t>(width) * height * 3);
  REQUIRE(tjDecompress2(codec, bytes, jpeg.size(), small.data(), width, 0, height, TJPF_RGB, 0) == 0);
  tjDestroy(codec);
  std::vector<unsigned char> large(static_cast<std::size_t>(side) * side * 3);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const auto* from = &small[(static_cast<std::size_t>(y * height / side) * width + x * width / side) * 3];
      std::copy_n(from, 3, &large[(static_cast<std::size_t>(y) * side + x) * 3]);
    }
  }
  const tjhandle encoder = tjInitCompress();
  unsigned char* made = nullptr;
  unsigned long size = 0;
  REQUIRE(tjCompress2(encoder, large.data(), side, 0, side, TJPF_RGB, &made, &size, TJSAMP_420, 90, 0) == 0);
  std::string result(reinterpret_cast<const char*>(made), size);
  tjFree(made);
  tjDestroy(encoder);
  return {std::move(result), static_cast<float>(side) / static_cast<float>(width)};
}

ErrorCode code_of(const std::optional<wire::Message>& message, std::uint64_t id) {
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
  const auto& error = std::get<wire::ErrorMessage>(*message);
  CHECK(error.request_id == id);
  CHECK(!error.message.empty());
  return error.code;
}

}  // namespace

TEST_CASE("a picture with a face is answered with its box, one without with none") {
  TestServer server;
  WebSocketClient client;
  const auto welcome = say_hello(client, server.port());
  CHECK(welcome.bundle == "faces");
  CHECK(welcome.limits.max_in_flight == 16);
  CHECK(welcome.encodings == std::vector{wire::Encoding::kJpeg, wire::Encoding::kRgb8, wire::Encoding::kTensor});
  CHECK(welcome.inputs == std::vector<std::string>{"data"});

  client.send(picture_request(1, face_picture()));
  auto message = client.receive();
  REQUIRE(message);
  const auto faces = faces_of(*message, 1);
  REQUIRE(faces.size() == 1);
  CHECK(faces[0].score > 0.9F);
  CHECK(faces[0].x1 > faces[0].x0);
  CHECK(faces[0].y1 > faces[0].y0);
  CHECK(std::get<wire::Answer>(*message).cost.compute > Duration{0});

  client.send(picture_request(2, plain_picture()));
  message = client.receive();
  REQUIRE(message);
  CHECK(faces_of(*message, 2).empty());

  CHECK(server.metric(R"(sluice_requests_total{model="faces",outcome="ok",version="1.0.0"})") == 2);
  CHECK(server.metric(R"(sluice_answers_total{kind="remote",model="faces",version="1.0.0"})") == 2);
  CHECK(server.metric(R"(sluice_answers_total{kind="reused",model="faces",version="1.0.0"})") == 0);
  CHECK(server.metric("sluice_open_connections") == 1);
  client.close();
}

TEST_CASE("boxes come in the pixels of the source that the request names") {
  TestServer server;
  WebSocketClient client;
  say_hello(client, server.port());
  client.send(picture_request(1, face_picture()));
  auto message = client.receive();
  REQUIRE(message);
  const auto own = faces_of(*message, 1);
  auto twice = picture_request(2, face_picture());
  twice.extent = {1200, 600};  // of a source; the JPEG itself is smaller
  client.send(twice);
  message = client.receive();
  REQUIRE(message);
  const auto scaled = faces_of(*message, 2);
  REQUIRE(own.size() == 1);
  REQUIRE(scaled.size() == 1);
  const float x = scaled[0].x0 / own[0].x0;
  const float y = scaled[0].y0 / own[0].y0;
  CHECK(scaled[0].x1 / own[0].x1 == doctest::Approx(x));
  CHECK(scaled[0].y1 / own[0].y1 == doctest::Approx(y));
  CHECK(x / y == doctest::Approx(2.0).epsilon(0.01));  // the portrait is square
}

TEST_CASE("a payload that cannot be decoded fails its own request and no other") {
  TestServer server;
  WebSocketClient good;
  WebSocketClient bad;
  say_hello(good, server.port());
  say_hello(bad, server.port());

  // With what these take measured, a bad picture's claimed size must still not be taken for the time that it needs.
  for (std::uint64_t id = 1; id <= 10; ++id) {
    good.send(picture_request(id, face_picture()));
    const auto known = good.receive();
    REQUIRE(known);
    CHECK(faces_of(*known, id).size() == 1);
  }
  good.send(picture_request(11, face_picture()));
  const std::string garbage = "this is no JPEG";
  const std::string half = face_picture().substr(0, face_picture().size() / 2);
  bad.send(picture_request(1, garbage));
  CHECK(code_of(bad.receive(), 1) == ErrorCode::kMalformedPayload);
  bad.send(picture_request(2, half));
  CHECK(code_of(bad.receive(), 2) == ErrorCode::kMalformedPayload);
  bad.send(picture_request(3, {}));
  CHECK(code_of(bad.receive(), 3) == ErrorCode::kMalformedPayload);

  wire::Request pixels = picture_request(4, garbage);
  pixels.encoding = wire::Encoding::kRgb8;
  pixels.extent = {640, 480};
  bad.send(pixels);
  CHECK(code_of(bad.receive(), 4) == ErrorCode::kMalformedPayload);
  pixels.id = 5;
  pixels.extent = {4'000'000'000U, 4'000'000'000U};
  bad.send(pixels);
  CHECK(code_of(bad.receive(), 5) == ErrorCode::kMalformedPayload);

  wire::Request png = picture_request(6, garbage);
  png.encoding = wire::Encoding::kPng;
  bad.send(png);
  CHECK(code_of(bad.receive(), 6) == ErrorCode::kUnsupportedEncoding);

  const float values[3] = {1, 2, 3};
  wire::Request tensors;
  tensors.id = 7;
  tensors.budget = std::chrono::seconds(20);
  tensors.tensors.push_back({"data", {DataType::kFloat32, {1, 3, 1, 1}, std::as_bytes(std::span(values))}});
  bad.send(tensors);
  CHECK(code_of(bad.receive(), 7) == ErrorCode::kShapeMismatch);
  tensors.id = 8;
  tensors.tensors[0].name = "nothing";
  bad.send(tensors);
  CHECK(code_of(bad.receive(), 8) == ErrorCode::kInvalidArgument);

  bad.send(picture_request(9, face_picture()));
  auto message = bad.receive();
  REQUIRE(message);
  CHECK(faces_of(*message, 9).size() == 1);
  message = good.receive();
  REQUIRE(message);
  CHECK(faces_of(*message, 11).size() == 1);
  CHECK(server.metric(R"(sluice_requests_total{model="faces",outcome="invalid",version="1.0.0"})") == 7);
}

TEST_CASE("what a bad JPEG leaves behind in a decoder spoils nobody else's") {
  server::ServerOptions options;
  options.workers = 1;  // the same decoder for all
  TestServer server(options);
  WebSocketClient bad;
  WebSocketClient good;
  say_hello(bad, server.port());
  say_hello(good, server.port());
  const std::string face = face_picture();
  std::string lossless = face;
  lossless.at(lossless.find("\xFF\xC0") + 1) = '\xC3';  // a process that no decoder here has
  std::string bad_table = face;
  bad_table.at(bad_table.find("\xFF\xDB") + 4) = '\x0F';  // a quantization table of a number that there is not
  std::string no_height = face;
  no_height.replace(no_height.find("\xFF\xC0") + 5, 2, 2, '\0');
  const std::string tables_left_out =
      face.substr(0, face.find("\xFF\xC4")) + face.substr(face.find("\xFF\xDA"));  // no Huffman tables
  std::uint64_t id = 0;
  for (const std::string& broken :
       {lossless, bad_table, no_height, "\xFF\xD8" + face, face.substr(0, 300), tables_left_out}) {
    CAPTURE(id);
    ++id;
    bad.send(picture_request(id, broken));
    const auto refused = bad.receive();
    REQUIRE(refused);
    good.send(picture_request(id, face));
    const auto message = good.receive();
    REQUIRE(message);
    CHECK(faces_of(*message, id).size() == 1);
  }
}

TEST_CASE("a JPEG of more scans than any camera makes is refused before it is decoded") {
  TestServer server;
  WebSocketClient client;
  say_hello(client, server.port());
  std::string many = face_picture();
  for (int i = 0; i < 40; ++i) many += "\xFF\xDA";
  client.send(picture_request(1, many));
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
  CHECK(std::get<wire::ErrorMessage>(*message).code == ErrorCode::kMalformedPayload);
  CHECK(std::get<wire::ErrorMessage>(*message).message.find("41 scans; at most 32") != std::string::npos);
}

TEST_CASE("a JPEG larger than its tensor is decoded smaller, and its boxes stay where they are") {
  // The portrait, four times as large each way: what is decoded of it is a half.
  TestServer server;
  WebSocketClient client;
  say_hello(client, server.port());
  client.send(picture_request(1, face_picture()));
  auto message = client.receive();
  REQUIRE(message);
  const auto own = faces_of(*message, 1);
  REQUIRE(own.size() == 1);
  const auto [jpeg, factor] = enlarged(face_picture(), 2048);
  wire::Request request = picture_request(2, jpeg);
  for (const bool says_its_size : {false, true}) {
    request.id += 1;
    request.extent = {};
    if (says_its_size) request.extent = {2048, 2048, 0};
    client.send(request);
    message = client.receive();
    REQUIRE(message);
    const auto large = faces_of(*message, request.id);
    REQUIRE(large.size() == 1);
    CHECK(large[0].x0 == doctest::Approx(own[0].x0 * factor).epsilon(0.05));
    CHECK(large[0].y1 == doctest::Approx(own[0].y1 * factor).epsilon(0.05));
  }
}

TEST_CASE("what a tiny picture takes says nothing of large ones") {
  TestServer server;
  WebSocketClient client;
  say_hello(client, server.port());
  for (std::uint64_t id = 1; id <= 12; ++id) {
    wire::Request tiny = picture_request(id, {});
    tiny.encoding = wire::Encoding::kRgb8;
    tiny.extent = {1, 1, 0};
    const std::string pixel = "rgb";
    tiny.payload = as_bytes(pixel);
    client.send(tiny);
    REQUIRE(client.receive());
  }
  client.send(picture_request(13, face_picture()));
  const auto message = client.receive();
  REQUIRE(message);
  CHECK(faces_of(*message, 13).size() == 1);
}

TEST_CASE("a picture above the pixel limit is refused before it is decoded") {
  server::ServerOptions options;
  options.max_picture_pixels = 100 * 100;
  TestServer server(options);
  WebSocketClient client;
  say_hello(client, server.port());
  client.send(picture_request(1, plain_picture()));
  CHECK(code_of(client.receive(), 1) == ErrorCode::kOutOfMemory);
}

TEST_CASE("hostile bytes are answered or closed, and the server goes on") {
  TestServer server;
  WebSocketClient client;
  say_hello(client, server.port());
  client.send_bytes(std::string(300, '\xff'));
  CHECK(code_of(client.receive(), 0) == ErrorCode::kMalformedMessage);
  client.send(picture_request(1, face_picture()));
  auto message = client.receive();
  REQUIRE(message);
  CHECK(faces_of(*message, 1).size() == 1);

  SUBCASE("text messages close with 1003") {
    client.send_bytes("hello", false);
    CHECK(!client.receive());
    CHECK(client.close_code() == 1003);
  }
  SUBCASE("a message above max_message_bytes closes with 1009") {
    client.send_bytes(std::string((std::size_t{8} << 20) + 1, 'x'));
    CHECK(!client.receive());
    CHECK(client.close_code() == 1009);
  }
  SUBCASE("before the hello much less is allowed") {
    WebSocketClient stranger;
    REQUIRE(stranger.connect(server.port()));
    stranger.send_bytes(std::string(100'000, 'x'));
    CHECK(!stranger.receive());
    CHECK(stranger.close_code() == 1009);
  }
  SUBCASE("a request before the hello closes with 1002") {
    WebSocketClient stranger;
    REQUIRE(stranger.connect(server.port()));
    stranger.send(picture_request(1, "small"));
    CHECK(code_of(stranger.receive(), 0) == ErrorCode::kUnexpectedMessage);
    CHECK(!stranger.receive());
    CHECK(stranger.close_code() == 1002);
  }
  WebSocketClient next;
  say_hello(next, server.port());
}

TEST_CASE("versions and bundles that do not fit are named on both sides") {
  TestServer server;
  const auto refused = [&](const wire::Hello& hello) {
    WebSocketClient client;
    REQUIRE(client.connect(server.port()));
    client.send(hello);
    const auto message = client.receive();
    REQUIRE(message);
    REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
    const auto error = std::get<wire::ErrorMessage>(*message);
    CHECK(!client.receive());
    CHECK(client.close_code() == 1008);
    return error;
  };
  wire::Hello hello;
  hello.bundle = "faces";
  hello.bundle_version = "0.9.0";
  auto error = refused(hello);
  CHECK(error.code == ErrorCode::kBundleVersionMismatch);
  CHECK(error.message.find("0.9.0") != std::string::npos);
  CHECK(error.message.find("1.0.0") != std::string::npos);
  hello.bundle_version = kVersion;
  hello.bundle = "hands";
  error = refused(hello);
  CHECK(error.code == ErrorCode::kUnknownBundle);
  CHECK(error.message.find("faces") != std::string::npos);
  hello.bundle = "faces";
  hello.oldest_protocol = 7;
  hello.newest_protocol = 9;
  CHECK(refused(hello).code == ErrorCode::kProtocolVersionMismatch);
}
