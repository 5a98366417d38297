#include "bindings/c/sluice.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "tests/bindings/c/tiny_onnx.hpp"

using sluice::c::test::Error;
using sluice::c::test::text_of;

namespace {

// A client of the bright bundle, its gate included.
struct Client {
  sluice_client* handle = nullptr;
  Error error;
  explicit Client(sluice_place place, sluice_queue_policy queue = SLUICE_KEEP_ALL) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(sluice::c::test::bright_manifest());
    std::string filter = sluice::c::test::brightness_gate(16);
    const sluice_part part = {{"filter", 6}, {filter.data(), filter.size()}};
    sluice_client_options options{};
    options.struct_size = sizeof(options);
    options.place = place;
    options.queue = queue;
    options.client_name = {"test", 4};
    REQUIRE(sluice_client_create(bundle, &part, 1, &options, &handle, &error) == SLUICE_OK);
    sluice_bundle_destroy(bundle);  // what a call is given may go after it
    filter.assign(filter.size(), '#');
  }
  ~Client() { sluice_client_destroy(handle); }

  sluice_event next() {
    sluice_event event{};
    event.struct_size = sizeof(event);
    REQUIRE(sluice_client_next_event(handle, &event, &error) == SLUICE_OK);
    return event;
  }
  sluice_event next(sluice_event_kind wanted) {
    for (;;) {
      const sluice_event event = next();
      if (event.kind == wanted) return event;
      REQUIRE(event.kind != SLUICE_NO_EVENT);
    }
  }
  std::uint64_t offer(unsigned char level, std::int64_t now_us) {
    const std::vector<unsigned char> pixels(20 * 10, level);
    const sluice_input image = sluice::c::test::gray_input(pixels.data(), 20, 10);
    std::uint64_t input = 0;
    REQUIRE(sluice_client_offer(handle, &image, now_us, &input, &error) == SLUICE_OK);
    return input;
  }
};

}  // namespace

TEST_CASE("the gate skips dark pictures and asks for a local run of bright ones") {
  Client client(SLUICE_LOCAL);
  REQUIRE(sluice_client_start(client.handle, 0, &client.error) == SLUICE_OK);

  const std::uint64_t dark = client.offer(10, 1000);
  const sluice_event skipped = client.next(SLUICE_ANSWERED);
  CHECK(skipped.input == dark);
  CHECK(skipped.answer_kind == SLUICE_SKIPPED);
  CHECK(skipped.score < 0.01F);
  CHECK(skipped.threshold == doctest::Approx(0.5));
  CHECK(skipped.output_count == 0);
  CHECK(text_of(skipped.text).find("skip") != std::string_view::npos);

  const std::uint64_t bright = client.offer(240, 2000);
  const sluice_event wanted = client.next(SLUICE_RUN_WANTED);
  CHECK(wanted.input == bright);
  CHECK(wanted.work == SLUICE_RUN_STAGE);
  CHECK(text_of(wanted.part) == "model");
  const std::vector<float> mean{0.94F, 0.94F, 0.94F};
  sluice_tensor output{};
  output.type = 1;
  output.rank = 2;
  output.dims[0] = 1;
  output.dims[1] = 3;
  output.bytes = {mean.data(), mean.size() * sizeof(float)};
  output.name = {"mean", 4};
  REQUIRE(sluice_client_submit_outputs(client.handle, wanted.attempt, &output, 1, nullptr, 0, 5000, 9000,
                                       &client.error) == SLUICE_OK);
  const sluice_event answered = client.next(SLUICE_ANSWERED);
  CHECK(answered.answer_kind == SLUICE_ANSWERED_LOCAL);
  CHECK(answered.cost.local_compute_us == 5000);
  REQUIRE(answered.output_count == 1);
  sluice_tensor got{};
  REQUIRE(sluice_client_event_output(client.handle, 0, &got, &client.error) == SLUICE_OK);
  CHECK(text_of(got.name) == "mean");
  CHECK(static_cast<const float*>(got.bytes.data)[1] == doctest::Approx(0.94));
  CHECK(sluice_client_event_output(client.handle, 1, &got, &client.error) == SLUICE_NOT_FOUND);
  CHECK(client.next().kind == SLUICE_NO_EVENT);
}

TEST_CASE("a failed local run fails its input with the caller's words") {
  Client client(SLUICE_LOCAL);
  REQUIRE(sluice_client_start(client.handle, 0, nullptr) == SLUICE_OK);
  const std::uint64_t input = client.offer(240, 10);
  const std::uint64_t attempt = client.next(SLUICE_RUN_WANTED).attempt;
  REQUIRE(sluice_client_fail(client.handle, attempt, SLUICE_OUT_OF_MEMORY, "no room", 7, 20, nullptr) == SLUICE_OK);
  const sluice_event failed = client.next(SLUICE_INPUT_FAILED);
  CHECK(failed.input == input);
  CHECK(failed.status == SLUICE_OUT_OF_MEMORY);
  CHECK(text_of(failed.text) == "no room");
}

TEST_CASE("the conversation starts with a hello, and a lost connection is reported with a time to wait") {
  Client client(SLUICE_REMOTE);
  REQUIRE(sluice_client_start(client.handle, 0, nullptr) == SLUICE_OK);
  client.next(SLUICE_CONNECT_WANTED);
  REQUIRE(sluice_client_connected(client.handle, 100, nullptr) == SLUICE_OK);
  sluice_bytes message{};
  REQUIRE(sluice_client_next_message(client.handle, &message, nullptr) == SLUICE_OK);
  REQUIRE(message.data != nullptr);
  CHECK(text_of(message).find("bright") != std::string_view::npos);
  REQUIRE(sluice_client_next_message(client.handle, &message, nullptr) == SLUICE_OK);
  CHECK(message.data == nullptr);

  std::int64_t deadline = 0;
  REQUIRE(sluice_client_next_deadline(client.handle, &deadline, nullptr) == SLUICE_OK);
  CHECK(deadline > 100);
  CHECK(deadline < SLUICE_NEVER);

  REQUIRE(sluice_client_disconnected(client.handle, SLUICE_CONNECTION_LOST, "gone", 4, 200, nullptr) == SLUICE_OK);
  sluice_event state = client.next(SLUICE_STATE_CHANGED);
  while (state.state != SLUICE_BACKING_OFF) state = client.next(SLUICE_STATE_CHANGED);
  CHECK(text_of(state.text).find("gone") != std::string_view::npos);
  CHECK(state.retry_in_ms > 0);

  sluice_client_state now{};
  now.struct_size = sizeof(now);
  REQUIRE(sluice_client_get_state(client.handle, &now, nullptr) == SLUICE_OK);
  CHECK(now.connection == SLUICE_BACKING_OFF);
}

TEST_CASE("hostile messages are survived") {
  Client client(SLUICE_REMOTE);
  REQUIRE(sluice_client_start(client.handle, 0, nullptr) == SLUICE_OK);
  REQUIRE(sluice_client_connected(client.handle, 0, nullptr) == SLUICE_OK);
  const std::string noise(300, '\xee');
  REQUIRE(sluice_client_receive(client.handle, noise.data(), noise.size(), 10, nullptr) == SLUICE_OK);
  client.next(SLUICE_CLOSE_WANTED);
  CHECK(sluice_client_receive(client.handle, nullptr, 5, 10, nullptr) == SLUICE_INVALID_ARGUMENT);
}

TEST_CASE("accuracy targets choose calibrated points") {
  Client client(SLUICE_LOCAL);
  float kept = 0;
  REQUIRE(sluice_client_set_accuracy_target(client.handle, 0.75F, &kept, nullptr) == SLUICE_OK);
  CHECK(kept == doctest::Approx(0.8));
  REQUIRE(sluice_client_set_accuracy_target(client.handle, 0.95F, &kept, nullptr) == SLUICE_OK);
  CHECK(kept == 1);
  for (const float wrong : {0.0F, -1.0F, 1.5F, __builtin_nanf("")}) {
    CHECK(sluice_client_set_accuracy_target(client.handle, wrong, &kept, nullptr) == SLUICE_INVALID_ARGUMENT);
  }
}

TEST_CASE("records and arguments that are wrong change nothing") {
  Client client(SLUICE_LOCAL);
  REQUIRE(sluice_client_start(client.handle, 0, nullptr) == SLUICE_OK);
  client.offer(10, 0);
  sluice_event event{};
  CHECK(sluice_client_next_event(client.handle, &event, &client.error) == SLUICE_INVALID_ARGUMENT);
  CHECK(client.error.message().find("struct_size") != std::string::npos);
  CHECK(client.next(SLUICE_ANSWERED).answer_kind == SLUICE_SKIPPED);  // the event was not lost

  sluice_bundle* bundle = sluice::c::test::open_bundle(sluice::c::test::bright_manifest());
  sluice_client* made = nullptr;
  sluice_client_options options{};
  options.struct_size = sizeof(options);
  const auto create = [&] { return sluice_client_create(bundle, nullptr, 0, &options, &made, nullptr); };
  options.queue = 9;
  CHECK(create() == SLUICE_INVALID_ARGUMENT);
  options.queue = 0;
  options.place = 3;
  CHECK(create() == SLUICE_INVALID_ARGUMENT);
  options.place = 0;
  options.client_name = {nullptr, 5};
  CHECK(create() == SLUICE_INVALID_ARGUMENT);
  const std::string noise(64, '\xff');
  sluice_part part = {{"filter", 6}, {noise.data(), noise.size()}};
  CHECK(sluice_client_create(bundle, &part, 1, nullptr, &made, nullptr) == SLUICE_MALFORMED_MODEL);
  part.name = {"other", 5};
  CHECK(sluice_client_create(bundle, &part, 1, nullptr, &made, nullptr) == SLUICE_BUNDLE_PART_MISSING);
  CHECK(sluice_client_create(bundle, nullptr, 1, nullptr, &made, nullptr) == SLUICE_INVALID_ARGUMENT);
  sluice_bundle_destroy(bundle);
  CHECK(made == nullptr);
  CHECK(sluice_client_submit_payload(client.handle, 1, 99, "x", 1, nullptr, 0, 0, 0, nullptr) ==
        SLUICE_INVALID_ARGUMENT);
  constexpr sluice_encoding kFeatures = 6;  // of the wire, which no input has
  CHECK(sluice_client_submit_payload(client.handle, 1, kFeatures, "x", 1, nullptr, 0, 0, 0, nullptr) ==
        SLUICE_INVALID_ARGUMENT);
  CHECK(sluice_client_submit_payload(client.handle, 12345, SLUICE_ENCODING_JPEG, "x", 1, nullptr, 0, 0, 0, nullptr) ==
        SLUICE_OK);
  CHECK(sluice_client_cancel(client.handle, 12345, 0, nullptr) == SLUICE_OK);
}

TEST_CASE("without parts no question is asked and every input needs the model") {
  sluice_bundle* bundle = sluice::c::test::open_bundle(sluice::c::test::bright_manifest());
  sluice_client_options options{};
  options.struct_size = sizeof(options);
  options.place = SLUICE_LOCAL;
  sluice_client* client = nullptr;
  REQUIRE(sluice_client_create(bundle, nullptr, 0, &options, &client, nullptr) == SLUICE_OK);
  sluice_bundle_destroy(bundle);
  REQUIRE(sluice_client_start(client, 0, nullptr) == SLUICE_OK);
  const unsigned char pixel = 3;
  const sluice_input image = sluice::c::test::gray_input(&pixel, 1, 1);
  std::uint64_t input = 0;
  REQUIRE(sluice_client_offer(client, &image, 0, &input, nullptr) == SLUICE_OK);
  sluice_event event{};
  event.struct_size = sizeof(event);
  do {
    REQUIRE(sluice_client_next_event(client, &event, nullptr) == SLUICE_OK);
  } while (event.kind == SLUICE_STATE_CHANGED);
  CHECK(event.kind == SLUICE_RUN_WANTED);
  sluice_client_destroy(client);
}

TEST_CASE("an input of another kind is refused with a type") {
  Client client(SLUICE_LOCAL);
  REQUIRE(sluice_client_start(client.handle, 0, nullptr) == SLUICE_OK);
  sluice_input input{};
  input.struct_size = sizeof(input);
  input.modality = SLUICE_TEXT;
  input.bytes = {"hello", 5};
  std::uint64_t id = 0;
  CHECK(sluice_client_offer(client.handle, &input, 0, &id, &client.error) == SLUICE_INVALID_INPUT);
  CHECK(client.error.message().find("text") != std::string::npos);
}

TEST_CASE("what the client is told can be recorded, and messages count as unsent until they have left") {
  Client client(SLUICE_REMOTE);
  REQUIRE(sluice_client_record(client.handle, 1, nullptr) == SLUICE_OK);
  REQUIRE(sluice_client_start(client.handle, 0, nullptr) == SLUICE_OK);
  REQUIRE(sluice_client_connected(client.handle, 100, nullptr) == SLUICE_OK);
  sluice_bytes bytes{};
  REQUIRE(sluice_client_next_message(client.handle, &bytes, nullptr) == SLUICE_OK);
  const std::uint64_t hello = bytes.length;
  REQUIRE(hello > 0);
  sluice_client_state state{};
  state.struct_size = sizeof(state);
  REQUIRE(sluice_client_get_state(client.handle, &state, nullptr) == SLUICE_OK);
  CHECK(state.unsent_bytes == hello);
  REQUIRE(sluice_client_sent(client.handle, hello, 200, nullptr) == SLUICE_OK);
  REQUIRE(sluice_client_get_state(client.handle, &state, nullptr) == SLUICE_OK);
  CHECK(state.unsent_bytes == 0);

  std::vector<std::string> lines;
  for (;;) {
    REQUIRE(sluice_client_next_log_line(client.handle, &bytes, nullptr) == SLUICE_OK);
    if (bytes.data == nullptr) break;
    lines.emplace_back(text_of(bytes));
  }
  REQUIRE(lines.size() >= 3);
  CHECK(std::ranges::any_of(lines, [](const std::string& line) { return line.find("start") != std::string::npos; }));
  REQUIRE(sluice_client_record(client.handle, 0, nullptr) == SLUICE_OK);
  REQUIRE(sluice_client_tick(client.handle, 300, nullptr) == SLUICE_OK);
  REQUIRE(sluice_client_next_log_line(client.handle, &bytes, nullptr) == SLUICE_OK);
  CHECK(bytes.data == nullptr);
}

TEST_CASE("a record that nobody takes ends, and says so") {
  Client client(SLUICE_LOCAL);
  REQUIRE(sluice_client_record(client.handle, 1, nullptr) == SLUICE_OK);
  constexpr std::int64_t kTicks = 600'000;  // more than there is room for
  for (std::int64_t now = 1; now <= kTicks; ++now) {
    if (sluice_client_tick(client.handle, now, nullptr) != SLUICE_OK) FAIL("tick ", now);
  }
  std::int64_t lines = 0;
  std::string last;
  for (sluice_bytes bytes{};; ++lines) {
    if (sluice_client_next_log_line(client.handle, &bytes, nullptr) != SLUICE_OK) FAIL("line ", lines);
    if (bytes.data == nullptr) break;
    last = text_of(bytes);
  }
  CHECK(lines < kTicks);
  CHECK(last == "0 cut-off");
}
