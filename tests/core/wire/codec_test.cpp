#include "core/wire/codec.hpp"

#include <doctest/doctest.h>

#include <array>
#include <protozero/pbf_writer.hpp>
#include <random>

using namespace sluice;
using namespace sluice::wire;
using namespace std::chrono_literals;

namespace {

constexpr std::array<float, 6> kFloats = {0, 1, -2, 3.5F, 1e-30F, 6};
constexpr std::array<std::int64_t, 2> kIntegers = {-1, 1LL << 40};

std::string encoded(const Message& message) {
  std::string bytes;
  encode(message, bytes);
  return bytes;
}

constexpr std::string_view kTraceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

Request tensor_request() {
  Request request{7, 1500us, Encoding::kTensor, {640, 480, 0}, {}, {}};
  request.tensors.push_back({"input", *view_of(std::span<const float>(kFloats), {1, 2, 3})});
  request.tensors.push_back({"lengths", *view_of(std::span<const std::int64_t>(kIntegers), {2})});
  return request;
}

Request embedded_request() {
  Request request{8, 1500us, Encoding::kJpeg, {640, 480, 0}, as_bytes("jpeg bytes"), {}};
  request.embedding = std::as_bytes(std::span(kFloats));
  request.reuse_distance = 0.75F;
  request.traceparent = kTraceparent;
  return request;
}

Request first_part() {
  Request request{10, 1500us, Encoding::kSplit, {32, 32, 0}, as_bytes("the first"), {}};
  request.parts_follow = true;
  return request;
}

Request cut_request() {
  Request request{11, 1500us, Encoding::kCut, {32, 32, 0}, as_bytes("a tensor"), {}};
  request.exit_point = 3;
  request.least_agreement = 0.9F;
  request.return_time = 20ms;
  request.passed_by = {1, 0xfedc'ba98'7654'3210};
  return request;
}

Answer answer() {
  Answer result{9, {}, {1us, 2us, 3us}};
  result.outputs.push_back({"boxes", *view_of(std::span<const float>(kFloats), {2, 3})});
  result.outputs.push_back({"empty", {DataType::kFloat32, {0, 15}, {}}});
  return result;
}

Answer answer_of_variant() {
  Answer result = answer();
  result.variant = "int8";
  result.agreement = 0.97F;
  result.hops = 2;
  return result;
}

// One of each, every field off its default.
std::vector<Message> samples() {
  Request picture{1ULL << 60, 2s, Encoding::kJpeg, {1920, 1080, 0}, as_bytes("jpeg bytes"), {}};
  return {
      Hello{1, 3, "sluice-js/0.1.0", "faces", "1.0.0"},
      Welcome{
          1, "sluice-server/0.1.0", "faces", "1.0.0", {8U << 20U, 8, 30'000}, {Encoding::kJpeg, Encoding::kTensor}, {}},
      picture,
      tensor_request(),
      answer(),
      ErrorMessage{5, ErrorCode::kOverloaded, "the queue of 64 is full", 250},
      Cancel{5},
      Goodbye{ErrorCode::kShuttingDown, 3000},
      Ping{42},
      Pong{43},
      first_part(),
      cut_request(),
      Part{10, 1, false, as_bytes("more")},
      Part{10, 2, true, {}},
      answer_of_variant(),
      embedded_request()};
}

bool same(const NamedTensor& a, const NamedTensor& b) {
  return a.name == b.name && a.tensor.type == b.tensor.type && a.tensor.shape == b.tensor.shape &&
         as_text(a.tensor.bytes) == as_text(b.tensor.bytes);
}

std::string refusal(std::string_view bytes, const DecodeLimits& limits = {}) {
  const auto message = decode(as_bytes(bytes), limits);
  REQUIRE_FALSE(message.has_value());
  CHECK(message.error().code == ErrorCode::kMalformedMessage);
  return message.error().message;
}

// A request with one tensor, written by hand so that it can lie.
std::string lying_tensor(std::uint32_t type, const std::vector<std::int64_t>& dims, std::string_view data) {
  std::string bytes;
  protozero::pbf_writer envelope(bytes);
  protozero::pbf_writer request(envelope, 3);
  request.add_uint64(1, 1);
  protozero::pbf_writer tensor(request, 7);
  tensor.add_string(1, "x");
  tensor.add_uint32(2, type);
  tensor.add_packed_int64(3, dims.begin(), dims.end());
  tensor.add_string(4, data.data(), data.size());
  tensor.commit();
  request.commit();
  return bytes;
}

}  // namespace

TEST_CASE("every message comes back as it went") {
  const auto all = samples();
  for (const Message& message : all) {
    const std::string bytes = encoded(message);
    const auto back = decode(as_bytes(bytes));
    if (!back) FAIL(back.error().message);
    CHECK(back->index() == message.index());
    CHECK(encoded(*back) == bytes);
  }
  const std::string bytes = encoded(all[3]);
  const auto request = std::get<Request>(*decode(as_bytes(bytes)));
  CHECK(request.id == 7);
  CHECK(request.budget == 1500us);
  CHECK(request.extent[0] == 640);
  REQUIRE(request.tensors.size() == 2);
  const auto expected = tensor_request();
  CHECK(same(request.tensors[0], expected.tensors[0]));
  CHECK(same(request.tensors[1], expected.tensors[1]));
  const std::string cut_bytes = encoded(cut_request());
  const auto cut = std::get<Request>(*decode(as_bytes(cut_bytes)));
  CHECK(cut.least_agreement == 0.9F);
  CHECK(cut.return_time == 20ms);
  CHECK(cut.passed_by == cut_request().passed_by);
  const std::string variant_bytes = encoded(answer_of_variant());
  const auto by_variant = std::get<Answer>(*decode(as_bytes(variant_bytes)));
  CHECK(by_variant.variant == "int8");
  CHECK(by_variant.agreement == 0.97F);
  CHECK(by_variant.hops == 2);
  auto around = cut_request();
  around.passed_by.assign(64, 1);
  CHECK(decode(as_bytes(encoded(around))));
  around.passed_by.push_back(1);
  CHECK(refusal(encoded(around)).find("request.passed_by") == 0);
  auto impossible = cut_request();
  impossible.least_agreement = 1.5F;
  CHECK(refusal(encoded(impossible)).find("request.least_agreement") == 0);
  const std::string embedded_bytes = encoded(all.back());
  const auto embedded = std::get<Request>(*decode(as_bytes(embedded_bytes)));
  CHECK(as_text(embedded.embedding) == as_text(std::as_bytes(std::span(kFloats))));
  CHECK(embedded.reuse_distance == 0.75F);
  CHECK(embedded.traceparent == kTraceparent);
  CHECK(as_text(embedded.payload) == "jpeg bytes");
  const std::string first_bytes = encoded(first_part());
  CHECK(std::get<Request>(*decode(as_bytes(first_bytes))).parts_follow);
  const std::string part_bytes = encoded(Part{10, 3, true, as_bytes("the rest")});
  const auto part = std::get<Part>(*decode(as_bytes(part_bytes)));
  CHECK(part.request_id == 10);
  CHECK(part.number == 3);
  CHECK(part.last);
  CHECK(as_text(part.payload) == "the rest");
  const std::string answer_bytes = encoded(all[4]);
  const auto outputs = std::get<Answer>(*decode(as_bytes(answer_bytes))).outputs;
  CHECK(same(outputs[0], answer().outputs[0]));
  CHECK(outputs[1].tensor.shape == Shape{0, 15});
}

TEST_CASE("the bytes are those of the schema") {
  // Computed by hand from sluice.proto: field 8, length 2; field 1, varint 42.
  CHECK(encoded(Ping{42}) == "\x42\x02\x08\x2A");
  CHECK(encoded(Ping{0}) == std::string("\x42\x00", 2));
  CHECK(encoded(Cancel{300}) == "\x32\x03\x08\xAC\x02");
  CHECK(encoded(Hello{1, 1, "c", "b", "v", 1}) ==
        "\x0A\x0F\x08\x01\x10\x01\x1A\x01"
        "c\x22\x01"
        "b\x2A\x01"
        "v\x40\x01");
  CHECK(encoded(Request{1, 5us, Encoding::kJpeg, {2, 3, 0}, as_bytes("P"), {}}) ==
        std::string("\x1A\x0E\x08\x01\x10\x05\x18\x03\x22\x03\x02\x03\x00\x32\x01P", 16));
  CHECK(encoded(Part{1, 2, true, as_bytes("P")}) == "\x52\x09\x08\x01\x10\x02\x18\x01\x32\x01P");
  CHECK(encoded(Part{1, 2, false, {}}) == "\x52\x04\x08\x01\x10\x02");
}

TEST_CASE("lengths that are stated before what they are of is written are right, whatever they are") {
  for (const std::size_t size : {0, 1, 126, 127, 128, 16'383, 16'384, 2'097'152}) {
    CAPTURE(size);
    const std::string payload(size, 'p');
    const auto back_from = [](const Message& message) {
      const std::string bytes = encoded(message);
      const auto back = decode(as_bytes(bytes));
      if (!back) FAIL(back.error().message);
      CHECK(encoded(*back) == bytes);
    };
    back_from(Request{1, 5us, Encoding::kJpeg, {2, 3, 0}, as_bytes(payload), {}});
    back_from(Part{1, 2, true, as_bytes(payload)});
    const auto dim = static_cast<std::int64_t>(size);
    const NamedTensor tensor{std::string(1 + size % 200, 'n'), {DataType::kUint8, Shape{1, dim}, as_bytes(payload)}};
    const NamedTensor none{"none", {DataType::kInt64, Shape{dim, 0, 3}, {}}};
    back_from(Request{1, 5us, Encoding::kTensor, {}, {}, {tensor, none, tensor}});
    back_from(Answer{1, {none, tensor}, {1us, 2us, 3us}});
  }
  // A scalar has no dimensions, and the field of them is left out.
  const auto scalar =
      encoded(Request{1, {}, Encoding::kTensor, {}, {}, {{"x", {DataType::kUint8, {}, as_bytes("7")}}}});
  CHECK(scalar == std::string("\x1A\x13\x08\x01\x18\x01\x22\x03\x00\x00\x00\x3A\x08\x0A\x01x\x10\x02\x22\x01"
                              "7",
                              21));
}

TEST_CASE("encoding reuses the buffer") {
  std::string bytes;
  encode(tensor_request(), bytes);
  const char* kept = bytes.data();
  encode(Ping{1}, bytes);
  encode(tensor_request(), bytes);
  CHECK(bytes.data() == kept);
}

TEST_CASE("unknown fields are skipped, at every level") {
  std::string bytes;
  protozero::pbf_writer envelope(bytes);
  {
    protozero::pbf_writer hello(envelope, 1);
    hello.add_uint32(1, 1);
    hello.add_uint32(2, 9);
    hello.add_string(4, "faces");
    hello.add_string(15, "a later version's field");
    hello.add_fixed64(16, 5);
    hello.add_uint32(4, 3);  // a known number of another type is somebody else's field too
  }
  envelope.add_string(100, "beside the body");
  const auto message = decode(as_bytes(bytes));
  REQUIRE(message.has_value());
  CHECK(std::get<Hello>(*message).bundle == "faces");
  CHECK(std::get<Hello>(*message).newest_protocol == 9);
}

TEST_CASE("a writer may leave repeated numbers unpacked") {
  std::string bytes;
  protozero::pbf_writer envelope(bytes);
  {
    protozero::pbf_writer welcome(envelope, 2);
    welcome.add_uint32(6, 3);
    welcome.add_uint32(6, 99);
  }
  const auto message = decode(as_bytes(bytes));
  REQUIRE(message.has_value());
  CHECK(std::get<Welcome>(*message).encodings == std::vector{Encoding::kJpeg, static_cast<Encoding>(99)});
}

TEST_CASE("tensors that lie about themselves are refused before anything is allocated") {
  CHECK(decode(as_bytes(lying_tensor(1, {1}, "abcd"))).has_value());
  CHECK(refusal(lying_tensor(1, {2}, "abcd")) == "tensor 'x' of shape [2] and type float32 has 4 bytes instead of 8");
  CHECK(refusal(lying_tensor(1, {}, "")) == "tensor 'x' of shape [] and type float32 has 0 bytes instead of 4");
  CHECK(refusal(lying_tensor(0, {1}, "abcd")) == "tensor.type is 0, not an element type");
  CHECK(refusal(lying_tensor(8, {1}, "abcd")) == "tensor.type is 8, not an element type");
  CHECK(refusal(lying_tensor(257, {1}, "abcd")) == "tensor.type is 257, not an element type");
  CHECK(refusal(lying_tensor(1, {-1}, "abcd")) == "tensor 'x' has a negative dimension");
  CHECK(refusal(lying_tensor(1, std::vector<std::int64_t>(9, 1), "abcd")) == "a tensor has more than 8 dimensions");
  CHECK(refusal(lying_tensor(1, {1LL << 62, 4, 4}, "abcd")).find("exceeds the limit of 16777216 bytes") !=
        std::string::npos);
  CHECK(refusal(lying_tensor(1, {1LL << 40}, "abcd")).find("exceeds the limit of 16777216 bytes") != std::string::npos);
}

TEST_CASE("limits hold") {
  const std::string bytes = encoded(tensor_request());
  const auto large = decode(as_bytes(bytes), {.max_message_bytes = bytes.size() - 1});
  REQUIRE_FALSE(large.has_value());
  CHECK(large.error().code == ErrorCode::kMessageTooLarge);
  CHECK(decode(as_bytes(bytes), {.max_message_bytes = bytes.size()}).has_value());
  CHECK(refusal(bytes, {.max_tensors = 1}) == "more than 1 tensors in one message");
  CHECK(refusal(encoded(Hello{1, 1, std::string(4097, 'x'), "b", "v"})) ==
        "hello.client has 4097 bytes; at most 4096 are allowed");
  CHECK(refusal(encoded(Hello{1, 1, "\xC0\x80", "b", "v"})) == "hello.client is not UTF-8");
  CHECK(refusal(encoded(Request{1, Duration(2'000'000'000'000'000), Encoding::kJpeg, {1, 1, 0}, {}, {}})) ==
        "request.budget_us is 2000000000000000 us, above 1000000000000000");
  CHECK(refusal(std::string("\x52\x08\x08\x01\x10\xFF\xFF\xFF\xFF\x7F", 10)) ==
        "part.number is 34359738367, above 4294967295");
  CHECK(refusal("") == "a message of 0 bytes without a known body");
  CHECK(refusal(encoded(Ping{1}) + encoded(Ping{2})) == "more than one body in a message");
}

TEST_CASE("a long error text is cut at a character") {
  const std::string umlauts = [] {
    std::string text = "x";
    while (text.size() < 5000) text += "\xC3\xBC";
    return text;
  }();
  const std::string bytes = encoded(ErrorMessage{1, ErrorCode::kInternal, umlauts, 0});
  const auto message = decode(as_bytes(bytes));
  REQUIRE(message.has_value());
  CHECK(std::get<ErrorMessage>(*message).message.size() == 2047);
}

TEST_CASE("a negative budget is written as none") {
  const std::string bytes = encoded(Request{1, -5us, Encoding::kJpeg, {1, 1, 0}, {}, {}});
  CHECK(std::get<Request>(*decode(as_bytes(bytes))).budget == 0us);
}

TEST_CASE("the id of a damaged request can be salvaged") {
  const std::string bytes = lying_tensor(1, {2}, "abcd");
  CHECK(salvage_request_id(as_bytes(bytes)) == 1);
  CHECK(salvage_request_id(as_bytes(std::string("\x52\x08\x08\x05\x10\xFF\xFF\xFF\xFF\x7F", 10))) == 5);
  CHECK(salvage_request_id(as_bytes(encoded(Ping{77}))) == 0);
  CHECK(salvage_request_id({}) == 0);
  CHECK(salvage_request_id(as_bytes("\xFF\xFF\xFF")) == 0);
}

TEST_CASE("truncated at every byte, with every bit flipped, or random: refused or another message") {
  for (const Message& message : samples()) {
    const std::string bytes = encoded(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(decode(as_bytes(std::string(bytes, 0, size))).has_value());
    }
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      const auto back = decode(as_bytes(flipped));
      if (back) {
        // What was understood can be said again.
        const std::string again = encoded(*back);
        CHECK(decode(as_bytes(again)).has_value());
      } else {
        CHECK(back.error().code == ErrorCode::kMalformedMessage);
      }
    }
  }
  std::mt19937 random(1);
  for (int round = 0; round < 10'000; ++round) {
    std::string noise(random() % 64, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    if (!noise.empty() && round % 2 == 0) noise[0] = static_cast<char>((1 + random() % 10) << 3 | 2);
    const auto message = decode(as_bytes(noise));
    if (!message) CHECK(message.error().code == ErrorCode::kMalformedMessage);
    salvage_request_id(as_bytes(noise));
  }
}

TEST_CASE("who hears a server reads what servers send, and refuses by name what clients send") {
  for (const Message& message : samples()) {
    CAPTURE(message.index());
    const std::string bytes = encoded(message);
    const auto heard = decode_from_server(as_bytes(bytes));
    const bool from_client = std::holds_alternative<Hello>(message) || std::holds_alternative<Request>(message) ||
                             std::holds_alternative<Cancel>(message) || std::holds_alternative<Part>(message);
    REQUIRE(heard.has_value() != from_client);
    if (heard) CHECK(encoded(*heard) == bytes);
    else CHECK(heard.error().code == ErrorCode::kUnexpectedMessage);
  }
}

TEST_CASE("a length beyond the end is refused without reading there") {
  CHECK(refusal(std::string("\x1A\xFF\xFF\xFF\xFF\x0F", 6)).find("truncated or not protobuf") != std::string::npos);
  CHECK(refusal("\x1A\x7Fshort").find("truncated or not protobuf") != std::string::npos);
  CHECK(refusal("\x1A\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01").find("truncated or not protobuf") !=
        std::string::npos);
}
