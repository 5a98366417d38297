// The thinnest conversation: one client, one session, no network between them.
#include <doctest/doctest.h>

#include <array>

#include "core/pipeline/client.hpp"
#include "core/pipeline/session.hpp"
#include "tests/core/pipeline/bundle_list.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace std::chrono_literals;

namespace {

Manifest plain_faces() {
  Manifest manifest;
  manifest.name = "faces";
  manifest.version = "1";
  return manifest;
}

const std::array<std::byte, 12> kPixels{};
const input::ImageView kImage = {
    input::PixelFormat::kRgb8, 2, 2, {{{reinterpret_cast<const std::uint8_t*>(kPixels.data()), 6}, {}, {}}}};

void pump(Client& client, Session& session, Instant now) {
  for (bool moved = true; moved;) {
    moved = false;
    while (const std::string* message = client.next_message()) {
      session.receive(*message, now);
      client.sent(message->size(), now);
      moved = true;
    }
    while (auto message = session.next_message()) {
      session.sent(message->size());
      client.receive(as_bytes(*message), now);
      moved = true;
    }
  }
}

template <typename T>
T expect(Client& client) {
  while (auto event = client.next_event()) {
    if (auto* wanted = std::get_if<T>(&*event)) return std::move(*wanted);
    REQUIRE(std::holds_alternative<StateChanged>(*event));
  }
  FAIL("the event did not come");
  return T{};
}

}  // namespace

TEST_CASE("hello, welcome, request, answer") {
  Instant now{};
  const pipeline::testing::BundleList bundles = {{"faces", "1", {"picture"}, {wire::Encoding::kJpeg}}};
  Session session(bundles, {}, now);
  Client client(plain_faces(), {}, {}, nullptr);
  client.start(now);
  expect<ConnectWanted>(client);
  client.connected(now);
  pump(client, session, now);
  CHECK(client.state() == ConnectionState::kReady);
  REQUIRE(session.bundle() != nullptr);
  CHECK(session.bundle()->name == "faces");

  const auto id = client.offer(kImage, now);
  REQUIRE(id.has_value());
  const auto wanted = expect<RunWanted>(client);
  CHECK(wanted.input == *id);
  REQUIRE(std::holds_alternative<Encode>(wanted.work));
  CHECK(std::get<Encode>(wanted.work).encodings.view().size() == 1);
  CHECK(std::get<Encode>(wanted.work).encodings.contains(wire::Encoding::kJpeg));
  now += 3ms;
  client.submit(wanted.attempt, Payload{wire::Encoding::kJpeg, as_bytes("not really a jpeg")}, 2ms, now);
  pump(client, session, now);

  auto event = session.next_event();
  REQUIRE(event.has_value());
  auto& accepted = std::get<RequestAccepted>(*event);
  CHECK(as_text(accepted.request.payload) == "not really a jpeg");
  CHECK(accepted.request.extent[0] == 2);
  CHECK(accepted.deadline == now + 1997ms);
  now += 10ms;
  std::vector<OutputTensor> outputs;
  outputs.push_back({"boxes", *Tensor::create(DataType::kFloat32, {2, 15})});
  CHECK(session.complete(accepted.id, outputs, {1ms, 2ms, 6ms}, AnswerKind::kRemote, now));
  CHECK_FALSE(session.complete(accepted.id, outputs, {}, AnswerKind::kRemote, now));
  pump(client, session, now);

  const Answer answer = expect<Answered>(client).answer;
  CHECK(answer.input == *id);
  CHECK(answer.kind == AnswerKind::kRemote);
  REQUIRE(answer.outputs.size() == 1);
  CHECK(answer.outputs[0].name == "boxes");
  CHECK(answer.outputs[0].tensor.shape() == Shape{2, 15});
  CHECK(answer.cost.encode == 2ms);
  CHECK(answer.cost.wait == 1ms);
  CHECK(answer.cost.round_trip == 10ms);
  CHECK(answer.cost.server_compute == 6ms);
  CHECK(answer.cost.bytes_up > 17);
  CHECK(answer.cost.bytes_down > 120);
}
