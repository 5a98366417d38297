// Inputs that are placed, through the C interface: the caller does what each form wants, the answer says what was considered; the server is
// played by hand.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "bindings/c/sluice.h"
#include "core/wire/codec.hpp"
#include "tests/bindings/c/tiny_onnx.hpp"

using sluice::c::test::Error;
using sluice::c::test::text_of;
namespace wire = sluice::wire;

namespace {

constexpr std::int64_t kMs = 1000;
constexpr std::uint32_t kWidth = 640;
constexpr std::uint32_t kHeight = 480;

// A model on pictures of 32 x 32 with a smaller variant.
std::string placed_manifest() {
  const auto part = [](const std::string& name) {
    return R"({"name": ")" + name + R"(", "file": ")" + name + R"(.bin", "bytes": 1, "sha256": ")" +
           std::string(64, '0') + R"("})";
  };
  return R"({"format": 2, "name": "placed", "version": "1", "parts": [)" + part("model") + ", " + part("small-part") +
         R"(], "model": {"part": "model", "input": {"width": 32, "height": 32}, "output": {"decoder": "none"}},
    "variants": [{"name": "small", "part": "small-part", "agreement": 0.75}]})";
}

// The head of a JPEG file with a table of brightness, then noise: all that placing reads of one.
std::string jpeg_of(std::size_t bytes) {
  std::string file("\xff\xd8\xff\xdb\x00\x43\x00", 7);
  file.append(64, '\x06');
  file.resize(bytes, '\x7f');
  return file;
}

struct PlacedClient {
  sluice_client* handle = nullptr;
  Error error;
  sluice_status made;
  std::int64_t now = 0;
  std::uint64_t last_request = 0;

  template <typename Choose>
  explicit PlacedClient(Choose choose) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(placed_manifest());
    sluice_client_options options{};
    options.struct_size = sizeof(options);
    options.place_forms = 1;
    options.budget_ms = 1000;
    choose(options);
    made = sluice_client_create(bundle, nullptr, 0, &options, &handle, &error);
    sluice_bundle_destroy(bundle);
  }
  PlacedClient() : PlacedClient([](auto&) {}) {}
  PlacedClient(const PlacedClient&) = delete;
  PlacedClient& operator=(const PlacedClient&) = delete;
  ~PlacedClient() { sluice_client_destroy(handle); }

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
  void say(const wire::Message& message) {
    std::string bytes;
    wire::encode(message, bytes);
    REQUIRE(sluice_client_receive(handle, bytes.data(), bytes.size(), now, &error) == SLUICE_OK);
  }
  std::string message() {
    sluice_bytes bytes{};
    REQUIRE(sluice_client_next_message(handle, &bytes, &error) == SLUICE_OK);
    return text_of(bytes);
  }
  void connect() {
    REQUIRE_MESSAGE(made == SLUICE_OK, error.message());
    REQUIRE(sluice_client_start(handle, now, &error) == SLUICE_OK);
    next(SLUICE_CONNECT_WANTED);
    REQUIRE(sluice_client_connected(handle, now += 10 * kMs, &error) == SLUICE_OK);
    message();
    now += 10 * kMs;
    say(wire::Welcome{1, "server", "placed", "1", {8U << 20U, 4, 5000}, {wire::Encoding::kJpeg}, {}, {}});
  }
  std::uint64_t offer(const std::string& jpeg = {}) {
    const std::vector<unsigned char> pixels(std::size_t{kWidth} * kHeight, 99);
    const sluice_input image = sluice::c::test::gray_input(pixels.data(), kWidth, kHeight);
    std::uint64_t input = 0;
    REQUIRE(sluice_client_offer_jpeg(handle, &image, jpeg.data(), jpeg.size(), now, &input, &error) == SLUICE_OK);
    return input;
  }
  // Does what the event wants, and gives the request that leaves then.
  std::string encode(const sluice_event& wanted, const std::string& jpeg = {}) {
    REQUIRE(wanted.work == SLUICE_ENCODE);
    const double side = static_cast<double>(wanted.scale);
    const std::string made_here(static_cast<std::size_t>(60'000 * side * side) + 500, '#');
    const std::string& payload = wanted.own == 1 ? jpeg : made_here;
    now += wanted.own == 1 ? 0 : 4 * kMs;
    REQUIRE(sluice_client_submit_payload(handle, wanted.attempt, SLUICE_ENCODING_JPEG, payload.data(), payload.size(),
                                         nullptr, 0, wanted.own == 1 ? 0 : 4 * kMs, now, &error) == SLUICE_OK);
    std::string sent = message();
    REQUIRE(sluice_client_sent(handle, sent.size(), now, &error) == SLUICE_OK);
    const auto read = wire::decode(sluice::as_bytes(sent));
    REQUIRE(read);
    last_request = std::get<wire::Request>(*read).id;
    return sent;
  }
  void answer(std::int64_t after_us, const std::string& variant = {}) {
    const std::array<float, 3> mean{1, 2, 3};
    wire::Answer answer;
    answer.request_id = last_request;
    answer.variant = variant;
    answer.cost.compute = sluice::Duration(5 * kMs);
    const sluice::Bytes bytes = std::as_bytes(std::span(mean));
    answer.outputs = {{"mean", {sluice::DataType::kFloat32, sluice::Shape{1, 3}, bytes}}};
    now += after_us;
    say(answer);
  }
  // What a model here gave for an attempt.
  void run_here(const sluice_event& wanted, std::int64_t took_us) {
    const std::array<float, 3> mean{4, 5, 6};
    sluice_tensor output{};
    output.type = 1;
    output.rank = 2;
    output.dims[0] = 1;
    output.dims[1] = 3;
    output.bytes = {mean.data(), sizeof(mean)};
    output.name = {"mean", 4};
    now += took_us;
    REQUIRE(sluice_client_submit_outputs(handle, wanted.attempt, &output, 1, nullptr, 0, took_us, now, &error) ==
            SLUICE_OK);
  }
  void tick() {
    std::int64_t deadline = 0;
    REQUIRE(sluice_client_next_deadline(handle, &deadline, &error) == SLUICE_OK);
    REQUIRE(deadline != SLUICE_NEVER);
    now = std::max(now, deadline);
    REQUIRE(sluice_client_tick(handle, now, &error) == SLUICE_OK);
  }
  sluice_placement placement() {
    sluice_placement record{};
    record.struct_size = sizeof(record);
    REQUIRE(sluice_client_event_placement(handle, &record, &error) == SLUICE_OK);
    return record;
  }
  sluice_considered considered(std::uint32_t index) {
    sluice_considered record{};
    record.struct_size = sizeof(record);
    REQUIRE(sluice_client_event_considered(handle, index, &record, &error) == SLUICE_OK);
    return record;
  }
  float first_output() {
    sluice_tensor got{};
    REQUIRE(sluice_client_event_output(handle, 0, &got, &error) == SLUICE_OK);
    return static_cast<const float*>(got.bytes.data)[0];
  }
};

void with_duplicate(sluice_client_options& options) {
  options.place = SLUICE_REMOTE_ELSE_LOCAL;
  options.duplicate = 1;
}

void with_stand_in(sluice_client_options& options) {
  options.duplicate = 1;
  options.stand_in = {"small", 5};
}

}  // namespace

TEST_CASE("each picture takes a form, the caller is told what it is to do for it, and the answer what was considered") {
  PlacedClient client;
  client.connect();
  const std::string jpeg = jpeg_of(30'000);
  std::set<sluice_form> considered;
  std::set<sluice_form> taken;
  for (int i = 0; i < 12; ++i) {
    const std::string& file = i % 2 == 1 ? jpeg : std::string();
    const std::int64_t offered = client.now;
    client.offer(file);
    const sluice_event wanted = client.next(SLUICE_RUN_WANTED);
    const std::string sent = client.encode(wanted, file);
    client.answer(30 * kMs);
    const sluice_event answered = client.next(SLUICE_ANSWERED);
    CHECK(answered.answer_kind == SLUICE_ANSWERED_REMOTE);
    CHECK(answered.variant.length == 0);
    REQUIRE(answered.placed == 1);
    const sluice_placement record = client.placement();
    REQUIRE(record.considered_count >= 2);
    REQUIRE(record.taken < record.considered_count);
    CHECK(record.duplicate == SLUICE_DUPLICATE_NONE);
    CHECK(record.actual_us == client.now - offered);
    CHECK(record.actual_bytes == sent.size());
    for (std::uint32_t k = 0; k < record.considered_count; ++k) {
      const sluice_considered one = client.considered(k);
      considered.insert(one.form);
      CHECK(one.allowed == 1);
      CHECK(one.full_model == 1);
      CHECK(one.setting == 0);
      CHECK(one.in_time == 1);
      CHECK(one.predicted_us > 0);
      CHECK(one.predicted_p95_us >= one.predicted_us);
      CHECK(one.bytes > 0);
    }
    CHECK(record.asked == 1);
    CHECK(record.guarded == 0);
    const sluice_form form = client.considered(record.taken).form;
    const sluice_choice choice = client.considered(record.taken).choice;
    CHECK(choice == (form == SLUICE_FORM_FILE     ? SLUICE_CHOICE_FILE
                     : form == SLUICE_FORM_SHRUNK ? SLUICE_CHOICE_SMALL
                                                  : SLUICE_CHOICE_WHOLE));
    taken.insert(form);
    CHECK((wanted.own == 1) == (form == SLUICE_FORM_FILE));
    if (form == SLUICE_FORM_SHRUNK) CHECK(wanted.scale <= 0.07F);
    if (form == SLUICE_FORM_WHOLE) CHECK(wanted.scale == 1);
    sluice_considered none{};
    none.struct_size = sizeof(none);
    CHECK(sluice_client_event_considered(client.handle, record.considered_count, &none, &client.error) ==
          SLUICE_NOT_FOUND);
    client.now += 20 * kMs;
  }
  CHECK(considered == std::set<sluice_form>{SLUICE_FORM_WHOLE, SLUICE_FORM_FILE, SLUICE_FORM_SHRUNK});
  CHECK(taken.count(SLUICE_FORM_SHRUNK) == 1);
}

TEST_CASE("without place_forms nothing is placed, a file is never wanted, and there is no record to ask for") {
  PlacedClient client([](auto& options) { options.place_forms = 0; });
  client.connect();
  const std::string jpeg = jpeg_of(700);
  client.offer(jpeg);
  const sluice_event wanted = client.next(SLUICE_RUN_WANTED);
  CHECK(wanted.own == 0);
  client.encode(wanted);
  client.answer(30 * kMs);
  CHECK(client.next(SLUICE_ANSWERED).placed == 0);
  sluice_placement record{};
  record.struct_size = sizeof(record);
  CHECK(sluice_client_event_placement(client.handle, &record, &client.error) == SLUICE_NOT_FOUND);
  CHECK(client.next().kind == SLUICE_NO_EVENT);
  CHECK(sluice_client_event_placement(client.handle, &record, &client.error) == SLUICE_NOT_FOUND);
  CHECK(record.actual_us == 0);
}

TEST_CASE("the model here begins beside a request that may be late, and answers where the server does not") {
  PlacedClient client(with_duplicate);
  client.connect();
  const std::uint64_t input = client.offer();
  for (int i = 0; i < 50; ++i) {
    for (sluice_event event = client.next(); event.kind != SLUICE_NO_EVENT; event = client.next()) {
      if (event.kind == SLUICE_ANSWERED) {
        CHECK(event.input == input);
        CHECK(event.answer_kind == SLUICE_ANSWERED_LOCAL);
        CHECK(event.stopgap == 0);
        CHECK(client.placement().duplicate == SLUICE_DUPLICATE_WON);
        CHECK(client.placement().actual_us > 0);
        return;
      }
      REQUIRE(event.kind != SLUICE_INPUT_FAILED);
      if (event.kind != SLUICE_RUN_WANTED) continue;
      if (event.work == SLUICE_ENCODE) {
        client.encode(event);
      } else {
        CHECK(text_of(event.part) == "model");
        client.run_here(event, 12 * kMs);
      }
    }
    client.tick();
  }
  FAIL("no answer came");
}

TEST_CASE("a variant that stands in answers when the time is up, by its name and with what it agrees on") {
  PlacedClient client(with_stand_in);
  client.connect();
  client.offer();
  bool ran = false;
  for (int i = 0; i < 50; ++i) {
    for (sluice_event event = client.next(); event.kind != SLUICE_NO_EVENT; event = client.next()) {
      if (event.kind == SLUICE_ANSWERED) {
        REQUIRE(ran);
        CHECK(event.answer_kind == SLUICE_ANSWERED_LOCAL);
        CHECK(event.stopgap == 1);
        CHECK(text_of(event.variant) == "small");
        CHECK(event.agreement == doctest::Approx(0.75));
        CHECK(client.first_output() == 4);
        CHECK(client.placement().duplicate == SLUICE_DUPLICATE_WON);
        CHECK(client.placement().actual_us >= 950 * kMs);
        return;
      }
      REQUIRE(event.kind != SLUICE_INPUT_FAILED);
      if (event.kind != SLUICE_RUN_WANTED) continue;
      if (event.work == SLUICE_ENCODE) {
        client.encode(event);
      } else {
        CHECK(text_of(event.part) == "small-part");
        ran = true;
        client.run_here(event, 12 * kMs);
      }
    }
    client.tick();
  }
  FAIL("no answer came");
}

TEST_CASE("a server's variant answers where the options accept it, and the answer says which") {
  PlacedClient client([](auto& options) { options.least_agreement = 0.7F; });
  client.connect();
  client.offer();
  const std::string sent = client.encode(client.next(SLUICE_RUN_WANTED));
  const auto read = wire::decode(sluice::as_bytes(sent));
  REQUIRE(read);
  CHECK(std::get<wire::Request>(*read).least_agreement == doctest::Approx(0.7));
  client.answer(30 * kMs, "small");
  const sluice_event answered = client.next(SLUICE_ANSWERED);
  CHECK(answered.answer_kind == SLUICE_ANSWERED_REMOTE);
  CHECK(answered.stopgap == 0);
  CHECK(text_of(answered.variant) == "small");
  CHECK(answered.agreement == doctest::Approx(0.75));
}

TEST_CASE("placing that has no choice, and numbers that are none, are refused") {
  const auto problem = [](auto choose) {
    PlacedClient client(choose);
    CHECK(client.made == SLUICE_INVALID_ARGUMENT);
    CHECK(client.handle == nullptr);
    return client.error.message();
  };
  const auto has = [](const std::string& text, const char* words) { return text.find(words) != std::string::npos; };
  CHECK(has(problem([](auto& o) { o.place = SLUICE_LOCAL; }), "place is local"));
  CHECK(has(problem([](auto& o) { o.duplicate = 1; }), "needs a model here"));
  CHECK(has(problem([](auto& o) { o.stand_in = {"small", 5}; }), "set duplicate"));
  CHECK(has(problem([](auto& o) {
              o.duplicate = 1;
              o.stand_in = {"large", 5};
            }),
            "has no variant 'large'; it has small"));
  CHECK(has(problem([](auto& o) {
              o.place_forms = 0;
              o.duplicate = 1;
            }),
            "set place_forms"));
  CHECK(has(problem([](auto& o) { o.place_forms = 2; }), "options.place_forms is 2"));
  CHECK(has(problem([](auto& o) { o.duplicate = 7; }), "options.duplicate is 7"));
  CHECK(has(problem([](auto& o) { o.stand_in = {nullptr, 3}; }), "options.stand_in is NULL"));
  for (const float wrong : {-0.1F, 1.01F, std::numeric_limits<float>::quiet_NaN()}) {
    CHECK(has(problem([wrong](auto& o) { o.least_agreement = wrong; }), "options.least_agreement"));
  }
  PlacedClient client;
  const sluice_input image{};
  std::uint64_t input = 0;
  CHECK(sluice_client_offer_jpeg(client.handle, &image, nullptr, 5, 0, &input, nullptr) == SLUICE_INVALID_ARGUMENT);
  sluice_placement small{};
  CHECK(sluice_client_event_placement(client.handle, &small, nullptr) == SLUICE_NOT_FOUND);
}

TEST_CASE("files that are none are taken by their size, and callers of the version before placing keep working") {
  PlacedClient client;
  client.connect();
  for (const std::string& file : {std::string("\xff"), std::string(4000, '\xff'), jpeg_of(20), jpeg_of(9'000'000)}) {
    client.offer(file);
    const sluice_event wanted = client.next(SLUICE_RUN_WANTED);
    client.encode(wanted, file);
    client.answer(20 * kMs);
    CHECK(client.next(SLUICE_ANSWERED).placed == 1);
  }
  client.offer();
  sluice_event older{};
  older.struct_size = offsetof(sluice_event, own);
  older.own = older.placed = 77;
  REQUIRE(sluice_client_next_event(client.handle, &older, &client.error) == SLUICE_OK);
  CHECK(older.own == 77);
  CHECK(older.placed == 77);
  PlacedClient unplaced([](auto& options) {
    options.struct_size = offsetof(sluice_client_options, least_agreement);
    options.least_agreement = 99;
    options.duplicate = 99;
  });
  CHECK(unplaced.made == SLUICE_OK);
}
