// A model in two halves through the C interface: the caller runs the device half, the client makes answers of what it gave.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "bindings/c/sluice.h"
#include "core/split/device/unit_writer.hpp"
#include "core/wire/codec.hpp"
#include "tests/bindings/c/tiny_onnx.hpp"
#include "tests/core/split/device/random_unit.hpp"

using sluice::c::test::Error;
using sluice::c::test::text_of;

namespace {

std::string halves_manifest() {
  const auto part = [](const std::string& name) {
    return R"({"name": ")" + name + R"(", "file": ")" + name + R"(.bin", "bytes": 1, "sha256": ")" +
           std::string(64, '0') + R"("})";
  };
  return R"({"format": 2, "name": "halves", "version": "1", "parts": [)" + part("model") + ", " + part("device") +
         ", " + part("remote") + R"(], "model": {"part": "model", "input": {"width": 12, "height": 10},
    "output": {"decoder": "none"}}, "split": {"device": "device", "remote": "remote",
    "points": [{"target": 0.5, "channels": 0}, {"target": 0.9, "channels": 4}]}, "agree_when": {"rule": "label"}})";
}

// A client of that bundle, with its device half unless `unit` is empty.
struct HalvesClient {
  sluice_client* handle = nullptr;
  Error error;
  sluice_status made;

  explicit HalvesClient(const std::vector<std::uint8_t>& unit, sluice_place place = SLUICE_REMOTE,
                        std::uint32_t stale_answer_ms = 0, std::uint32_t struct_size = sizeof(sluice_client_options)) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(halves_manifest());
    const sluice_part part = {{"device", 6}, {unit.data(), unit.size()}};
    sluice_client_options options{};
    options.struct_size = struct_size;
    options.place = place;
    options.stale_answer_ms = stale_answer_ms;
    made = sluice_client_create(bundle, &part, unit.empty() ? 0 : 1, &options, &handle, &error);
    sluice_bundle_destroy(bundle);
  }
  ~HalvesClient() { sluice_client_destroy(handle); }

  sluice_event next(sluice_event_kind wanted) {
    sluice_event event{};
    event.struct_size = sizeof(event);
    do {
      REQUIRE(sluice_client_next_event(handle, &event, &error) == SLUICE_OK);
      REQUIRE(event.kind != SLUICE_NO_EVENT);
    } while (event.kind != wanted);
    return event;
  }
  void lose_connection() {
    REQUIRE(sluice_client_start(handle, 0, &error) == SLUICE_OK);
    next(SLUICE_CONNECT_WANTED);
    REQUIRE(sluice_client_disconnected(handle, SLUICE_NOT_CONNECTED, "no", 2, 10, &error) == SLUICE_OK);
  }
  std::uint64_t offer(std::int64_t now_us = 20) {
    const std::vector<unsigned char> pixels(20 * 10, 99);
    const sluice_input image = sluice::c::test::gray_input(pixels.data(), 20, 10);
    std::uint64_t input = 0;
    REQUIRE(sluice_client_offer(handle, &image, now_us, &input, &error) == SLUICE_OK);
    return input;
  }
  void say(const sluice::wire::Message& message, std::int64_t now_us) {
    std::string bytes;
    sluice::wire::encode(message, bytes);
    REQUIRE(sluice_client_receive(handle, bytes.data(), bytes.size(), now_us, &error) == SLUICE_OK);
  }
};

template <typename T, std::size_t N>
sluice_tensor tensor(const char* name, sluice_tensor_type type, const std::array<T, N>& values) {
  sluice_tensor made{};
  made.type = type;
  made.rank = 1;
  made.dims[0] = N;
  made.bytes = {values.data(), sizeof(values)};
  made.name = {name, std::string(name).size()};
  return made;
}

std::vector<std::uint8_t> small_unit() {
  return *sluice::split::write_device_unit(sluice::test::with_symbol_model(sluice::test::random_plan(4)));
}

}  // namespace

TEST_CASE("the caller runs the device half, and without a server its guess answers; the record has what it gave") {
  HalvesClient client(small_unit());
  REQUIRE_MESSAGE(client.made == SLUICE_OK, client.error.message());
  REQUIRE(sluice_client_record(client.handle, 1, &client.error) == SLUICE_OK);
  client.lose_connection();
  const std::uint64_t input = client.offer();
  const sluice_event wanted = client.next(SLUICE_RUN_WANTED);
  CHECK(wanted.work == SLUICE_RUN_STAGE);
  CHECK(text_of(wanted.part) == "device");
  const std::array<float, 3> guess{1, 2, 3};
  const std::array<std::uint8_t, 7> features{};
  const std::array<std::int32_t, 2> ends{4, 7};
  const std::array outputs{tensor("logits", 1, guess), tensor("features", 2, features), tensor("ends", 6, ends)};
  REQUIRE(sluice_client_submit_outputs(client.handle, wanted.attempt, outputs.data(), 3, nullptr, 0, 50, 100,
                                       &client.error) == SLUICE_OK);
  const sluice_event answered = client.next(SLUICE_ANSWERED);
  CHECK(answered.input == input);
  CHECK(answered.answer_kind == SLUICE_SPLIT);
  CHECK(answered.cost.local_compute_us == 50);
  REQUIRE(answered.output_count == 2);
  sluice_tensor got{};
  REQUIRE(sluice_client_event_output(client.handle, 0, &got, &client.error) == SLUICE_OK);
  CHECK(static_cast<const float*>(got.bytes.data)[1] == 2);
  REQUIRE(sluice_client_event_output(client.handle, 1, &got, &client.error) == SLUICE_OK);
  CHECK(text_of(got.name) == "channels");
  CHECK(static_cast<const std::int32_t*>(got.bytes.data)[0] == 0);
  bool recorded = false;
  for (sluice_bytes line{};;) {
    REQUIRE(sluice_client_next_log_line(client.handle, &line, &client.error) == SLUICE_OK);
    if (line.data == nullptr) break;
    recorded = recorded || text_of(line) == "100 halves 50 3 4 7";
  }
  CHECK(recorded);
}

TEST_CASE("without its part, or with the model on this device alone, no half is run") {
  HalvesClient plain({});
  REQUIRE(plain.made == SLUICE_OK);
  plain.lose_connection();
  plain.offer();
  sluice_event event{};
  event.struct_size = sizeof(event);
  do {
    REQUIRE(sluice_client_next_event(plain.handle, &event, &plain.error) == SLUICE_OK);
    CHECK(event.kind != SLUICE_RUN_WANTED);
  } while (event.kind != SLUICE_NO_EVENT);
  HalvesClient local(small_unit(), SLUICE_LOCAL);
  REQUIRE(local.made == SLUICE_OK);
  local.offer();
  CHECK(text_of(local.next(SLUICE_RUN_WANTED).part) == "model");
}

TEST_CASE("a device half that cannot be read is refused by name, and the bundle says which part it is") {
  auto unit = small_unit();
  unit[0] ^= 0xff;
  const HalvesClient refused(unit);
  CHECK(refused.made == SLUICE_MALFORMED_MODEL);
  CHECK(refused.error.message().find("part 'device'") != std::string::npos);
  sluice_bundle* bundle = sluice::c::test::open_bundle(halves_manifest());
  for (std::uint32_t i = 0; i < 3; ++i) {
    sluice_bundle_part part{};
    part.struct_size = sizeof(part);
    REQUIRE(sluice_bundle_get_part(bundle, i, &part, nullptr) == SLUICE_OK);
    CHECK(((part.uses & SLUICE_USED_BY_DEVICE_HALF) != 0) == (text_of(part.name) == "device"));
  }
  sluice_bundle_destroy(bundle);
}

TEST_CASE("an older answer is put to a guess where the options say so; who knows no such option has guesses alone") {
  constexpr std::uint32_t kFirstSize = 88;  // of the options, before there was this one
  struct Given {
    std::uint32_t stale_answer_ms;
    std::uint32_t struct_size;
    bool put;
  };
  for (const Given& given : {Given{500, sizeof(sluice_client_options), true},
                             Given{0, sizeof(sluice_client_options), false}, Given{500, kFirstSize, false}}) {
    CAPTURE(given.struct_size);
    HalvesClient client(small_unit(), SLUICE_REMOTE, given.stale_answer_ms, given.struct_size);
    REQUIRE_MESSAGE(client.made == SLUICE_OK, client.error.message());
    REQUIRE(sluice_client_start(client.handle, 0, &client.error) == SLUICE_OK);
    client.next(SLUICE_CONNECT_WANTED);
    REQUIRE(sluice_client_connected(client.handle, 10, &client.error) == SLUICE_OK);
    client.say(
        sluice::wire::Welcome{
            1, "server", "halves", "1", {1U << 20U, 2, 1000}, {sluice::wire::Encoding::kSplit}, {}, {}},
        10);
    const std::array<float, 3> guess{1, 2, 3};
    const std::array<std::uint8_t, 10> features{};
    const std::array<std::int32_t, 4> ends{1, 3, 6, 10};
    const auto submit = [&](std::size_t channels, std::int64_t now_us) {
      const sluice_event wanted = client.next(SLUICE_RUN_WANTED);
      std::array outputs{tensor("logits", 1, guess), tensor("features", 2, features), tensor("ends", 6, ends)};
      if (channels == 0) outputs[2].dims[0] = 0, outputs[2].bytes.length = 0;
      REQUIRE(sluice_client_submit_outputs(client.handle, wanted.attempt, outputs.data(), 3, nullptr, 0, 5, now_us,
                                           &client.error) == SLUICE_OK);
    };
    client.offer();
    submit(ends.size(), 30);
    const std::array<float, 3> logits{9, 9, 9};
    const std::int32_t channels = 4;
    sluice::wire::Answer answer;
    answer.request_id = 1;
    answer.outputs = {{"out", *sluice::view_of(std::span<const float>(logits), {3})},
                      {"channels", *sluice::view_of(std::span<const std::int32_t>(&channels, 1), {1})}};
    client.say(answer, 40);
    client.next(SLUICE_ANSWERED);
    client.offer(1000);
    submit(0, 1010);
    const sluice_event answered = client.next(SLUICE_ANSWERED);
    CHECK((text_of(answered.text).find("with the answer about a picture") != std::string::npos) == given.put);
    sluice_tensor got{};
    REQUIRE(sluice_client_event_output(client.handle, 0, &got, &client.error) == SLUICE_OK);
    CHECK((static_cast<const float*>(got.bytes.data)[0] == 1) != given.put);
  }
}
