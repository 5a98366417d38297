// The accuracy target kept live, and answers chosen by their cost, through the C interface: the shipped faces filter on plain pictures, in which its
// model, played by hand, finds nobody.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "bindings/c/sluice.h"
#include "tests/bindings/c/tiny_onnx.hpp"

using sluice::c::test::Error;
using sluice::c::test::text_of;

namespace {

constexpr std::int64_t kMillisecond = 1000;

std::string file(const std::string& name) {
  std::ifstream in(SLUICE_SOURCE "/bundles/faces/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct PromisedClient {
  sluice_client* handle = nullptr;
  Error error;
  sluice_status made;
  std::int64_t now = 0;
  std::set<std::uint64_t> audited;
  std::uint64_t skipped = 0;  // the last one
  std::uint32_t audits_ended = 0;
  std::uint32_t wrong = 0;
  std::uint32_t changes = 0;
  std::uint32_t without_model = 0;
  bool found = false;  // what the model says

  template <typename Choose>
  explicit PromisedClient(Choose choose, const std::string& manifest = file("manifest.json")) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(manifest);
    const std::string filter = file("filter.onnx");
    sluice_part part{};
    part.name = {"filter", 6};
    part.bytes = {filter.data(), filter.size()};
    sluice_client_options options{};
    options.struct_size = sizeof(options);
    options.place = SLUICE_LOCAL;
    options.queue = SLUICE_KEEP_ALL;
    options.live_promise = 1;
    options.audit_seed = 7;
    choose(options);
    made = sluice_client_create(bundle, &part, 1, &options, &handle, &error);
    sluice_bundle_destroy(bundle);
  }
  PromisedClient() : PromisedClient([](auto&) {}) {}
  PromisedClient(const PromisedClient&) = delete;
  PromisedClient& operator=(const PromisedClient&) = delete;
  ~PromisedClient() { sluice_client_destroy(handle); }

  void run(const sluice_event& wanted) {
    CHECK(wanted.work == SLUICE_RUN_STAGE);
    const std::vector<float> boxes(found ? 15 : 0, 0.5F);
    sluice_tensor output{};
    output.type = 1;
    output.rank = 2;
    output.dims[0] = found ? 1 : 0;
    output.dims[1] = 15;
    output.bytes = {boxes.data(), boxes.size() * sizeof(float)};
    output.name = {"detections", 10};
    REQUIRE(sluice_client_submit_outputs(handle, wanted.attempt, &output, 1, nullptr, 0, 20 * kMillisecond, now,
                                         &error) == SLUICE_OK);
  }

  void frame(unsigned char level) {
    const std::vector<unsigned char> pixels(std::size_t{64} * 48, level);
    const sluice_input image = sluice::c::test::gray_input(pixels.data(), 64, 48);
    std::uint64_t input = 0;
    REQUIRE(sluice_client_offer(handle, &image, now += 33 * kMillisecond, &input, &error) == SLUICE_OK);
    for (;;) {
      sluice_event event{};
      event.struct_size = sizeof(event);
      REQUIRE(sluice_client_next_event(handle, &event, &error) == SLUICE_OK);
      if (event.kind == SLUICE_NO_EVENT) return;
      if (event.kind == SLUICE_RUN_WANTED) run(event);
      if (event.kind == SLUICE_PROMISE_CHANGED) ++changes;
      if (event.kind == SLUICE_ANSWERED) {
        if (event.audited == 1) audited.insert(event.input);
        if (event.answer_kind <= SLUICE_REUSED) ++without_model, skipped = event.input;
      }
      if (event.kind == SLUICE_AUDIT_ENDED) {
        CHECK(audited.erase(event.input) == 1);
        CHECK(event.cost.local_compute_us == 20 * kMillisecond);
        ++audits_ended;
        if (event.audit_result == SLUICE_AUDIT_WRONG) ++wrong;
      }
    }
  }

  sluice_promise promise() {
    sluice_promise record{};
    record.struct_size = sizeof(record);
    REQUIRE(sluice_client_promise(handle, &record, &error) == SLUICE_OK);
    return record;
  }
};

}  // namespace

TEST_CASE("answers without the model are audited, and the promise says how it stands") {
  PromisedClient client;
  REQUIRE_MESSAGE(client.made == SLUICE_OK, client.error.message());
  REQUIRE(sluice_client_start(client.handle, 0, &client.error) == SLUICE_OK);
  for (int i = 0; i < 400; ++i) client.frame(static_cast<unsigned char>(60 + i % 3));
  CHECK(client.audited.empty());
  const sluice_promise stands = client.promise();
  CHECK(stands.inputs == 400);
  CHECK(stands.answered == client.without_model);
  CHECK(client.without_model > 200);
  CHECK(stands.audits == client.audits_ended);
  CHECK(client.audits_ended > 5);
  CHECK(stands.pending == 0);
  CHECK(stands.found == client.wrong);
  CHECK(stands.audit_compute_us == 20 * kMillisecond * client.audits_ended);
  CHECK(stands.target == doctest::Approx(0.9));
  CHECK(stands.proven_most <= stands.inputs);
  CHECK(client.changes > 0);
  REQUIRE(stands.place_count == 2);
  for (std::uint32_t i = 0; i < 3; ++i) {
    sluice_promise_place place{};
    place.struct_size = sizeof(place);
    const sluice_status status = sluice_client_promise_place(client.handle, i, &place, &client.error);
    CHECK(status == (i < 2 ? SLUICE_OK : SLUICE_NOT_FOUND));
    if (i < 2) CHECK(text_of(place.name) == (i == 0 ? "skip" : "reuse"));
  }

  REQUIRE(client.skipped != 0);
  CHECK(sluice_client_feedback(client.handle, client.skipped, 1, client.now, &client.error) == SLUICE_OK);
  CHECK(sluice_client_feedback(client.handle, client.skipped, 1, client.now, &client.error) == SLUICE_NOT_FOUND);
  CHECK(sluice_client_feedback(client.handle, client.skipped, 2, client.now, &client.error) == SLUICE_INVALID_ARGUMENT);
  CHECK(sluice_client_feedback(client.handle, 1'000'000, 0, client.now, &client.error) == SLUICE_NOT_FOUND);
}

TEST_CASE("what it has learned and spent goes on in another client") {
  PromisedClient client;
  REQUIRE(sluice_client_start(client.handle, 0, &client.error) == SLUICE_OK);
  for (int i = 0; i < 300; ++i) client.frame(static_cast<unsigned char>(60 + i % 3));
  sluice_bytes saved{};
  REQUIRE(sluice_client_save_promise(client.handle, &saved, &client.error) == SLUICE_OK);
  const std::string state = text_of(saved);
  CHECK(state.size() > 1000);
  PromisedClient other;
  REQUIRE(sluice_client_restore_promise(other.handle, state.data(), state.size(), &other.error) == SLUICE_OK);
  CHECK(other.promise().inputs == 300);
  CHECK(other.promise().answered == client.promise().answered);
  CHECK(sluice_client_restore_promise(other.handle, state.data(), state.size() / 2, &other.error) ==
        SLUICE_INVALID_ARGUMENT);
  other.frame(60);
  CHECK(sluice_client_restore_promise(other.handle, state.data(), state.size(), &other.error) ==
        SLUICE_INVALID_ARGUMENT);
  PromisedClient without([](sluice_client_options& options) { options.live_promise = 0; });
  REQUIRE(sluice_client_save_promise(without.handle, &saved, &without.error) == SLUICE_OK);
  CHECK(saved.length == 0);
  CHECK(sluice_client_restore_promise(without.handle, state.data(), state.size(), &without.error) ==
        SLUICE_INVALID_ARGUMENT);
}

TEST_CASE("a model that finds something where the filter saw nothing is noticed") {
  PromisedClient client;
  REQUIRE(sluice_client_start(client.handle, 0, &client.error) == SLUICE_OK);
  client.found = true;
  for (int i = 0; i < 400; ++i) client.frame(60);
  const sluice_promise stands = client.promise();
  CHECK(stands.found > 0);
  CHECK(stands.found == client.wrong);
}

TEST_CASE("without a live promise, and at a target of 1, there is nothing to say") {
  PromisedClient without([](sluice_client_options& options) { options.live_promise = 0; });
  sluice_promise record{};
  record.struct_size = sizeof(record);
  CHECK(sluice_client_promise(without.handle, &record, &without.error) == SLUICE_NOT_FOUND);
  CHECK(sluice_client_feedback(without.handle, 1, 1, 0, &without.error) == SLUICE_INVALID_ARGUMENT);
  PromisedClient exact;
  float kept = 0;
  REQUIRE(sluice_client_set_accuracy_target(exact.handle, 1, &kept, &exact.error) == SLUICE_OK);
  CHECK(kept == 1);
  CHECK(sluice_client_promise(exact.handle, &record, &exact.error) == SLUICE_NOT_FOUND);
}

TEST_CASE("options of a promise or a choice that cannot be meant are refused") {
  const auto refused = [](auto choose, const char* why) {
    PromisedClient client(choose);
    CHECK(client.made == SLUICE_INVALID_ARGUMENT);
    CHECK_MESSAGE(client.error.message().find(why) != std::string::npos, client.error.message());
  };
  refused([](sluice_client_options& options) { options.live_promise = 2; }, "live_promise");
  const auto choosing = [](sluice_client_options& options) {
    options.choose = 1;
    options.place_forms = 1;
    options.place = SLUICE_REMOTE_ELSE_LOCAL;
  };
  refused([&](sluice_client_options& options) { choosing(options), options.kept_in_time = 1.5F; }, "kept_in_time");
  refused([&](sluice_client_options& options) { choosing(options), options.weigh_kilobyte = -1; }, "not negative");
  refused([&](sluice_client_options& options) { choosing(options), options.duplicate = 1; }, "duplicate");
  PromisedClient both(choosing);
  CHECK_MESSAGE(both.made == SLUICE_OK, both.error.message());

  std::string manifest = file("manifest.json");
  manifest.replace(manifest.find("\"retinaface\""), 12, "\"none\"");
  manifest.replace(manifest.find("\"boxes\""), 7, "\"label\"");
  PromisedClient cannot([](auto&) {}, manifest);
  CHECK(cannot.made == SLUICE_INVALID_ARGUMENT);
  CHECK_MESSAGE(cannot.error.message().find("is about detections") != std::string::npos, cannot.error.message());
}
