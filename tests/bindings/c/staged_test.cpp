// A model with early exits through the C interface: the caller runs the stages that the client asks for, until an exit is sure.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "bindings/c/sluice.h"
#include "tests/bindings/c/tiny_onnx.hpp"
#include "tests/core/exit/toy_exits.hpp"

namespace toy = sluice::exits::testing;
using sluice::c::test::Error;
using sluice::c::test::text_of;

namespace {

constexpr std::uint32_t kPixels = 8;

std::string exits_manifest(const std::string& places = R"({"tensor": "relu_0", "exit": "exit_0"},
    {"tensor": "relu_1", "exit": "exit_1"})",
                           const std::string& thresholds = "[0.9, 0.99]") {
  const auto part = [](const std::string& name) {
    return R"({"name": ")" + name + R"(", "file": ")" + name + R"(.onnx", "bytes": 1, "sha256": ")" +
           std::string(64, '0') + R"("})";
  };
  const std::string scale = "[0.00392156886, 0.00392156886, 0.00392156886]";
  return R"({"format": 2, "name": "exits", "version": "1", "parts": [)" + part("model") + ", " + part("branches") +
         R"(], "model": {"part": "model", "input": {"width": 8, "height": 8, "scale": )" + scale +
         R"(}, "output": {"decoder": "none"}}, "exits": {"part": "branches", "rule": "max_probability", "places": [)" +
         places + R"(], "points": [{"target": 0.8, "thresholds": )" + thresholds +
         R"(}]}, "agree_when": {"rule": "label"}, "default_target": 0.8})";
}

sluice_part part_of(const char* name, const std::string& bytes) {
  return {{name, std::string(name).size()}, {bytes.data(), bytes.size()}};
}

// The model of that bundle, by stages.
struct Staged {
  sluice_staged* handle = nullptr;
  Error error;
  sluice_status made;

  explicit Staged(const std::string& manifest = exits_manifest(), const std::string& model = toy::toy_model(),
                  const std::string& branches = toy::toy_branches()) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(manifest);
    const std::array parts{part_of("model", model), part_of("branches", branches)};
    made = sluice_staged_load(bundle, parts.data(), parts.size(), nullptr, &handle, &error);
    sluice_bundle_destroy(bundle);
  }
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;
  ~Staged() { sluice_staged_destroy(handle); }
};

struct StagedClient {
  sluice_client* handle = nullptr;
  Error error;

  explicit StagedClient(std::uint32_t stages = 1, const std::string& manifest = exits_manifest()) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(manifest);
    sluice_client_options options{};
    options.struct_size = sizeof(options);
    options.place = SLUICE_LOCAL;
    options.stages = stages;
    const auto made = sluice_client_create(bundle, nullptr, 0, &options, &handle, &error);
    sluice_bundle_destroy(bundle);
    REQUIRE_MESSAGE(made == SLUICE_OK, error.message());
    REQUIRE(sluice_client_record(handle, 1, &error) == SLUICE_OK);
    REQUIRE(sluice_client_start(handle, 0, &error) == SLUICE_OK);
  }
  StagedClient(const StagedClient&) = delete;
  StagedClient& operator=(const StagedClient&) = delete;
  ~StagedClient() { sluice_client_destroy(handle); }

  // The next event that is not of the connection.
  sluice_event next() {
    sluice_event event{};
    event.struct_size = sizeof(event);
    do {
      REQUIRE(sluice_client_next_event(handle, &event, &error) == SLUICE_OK);
    } while (event.kind == SLUICE_STATE_CHANGED);
    return event;
  }
  std::string log() {
    std::string lines;
    for (sluice_bytes line{};;) {
      REQUIRE(sluice_client_next_log_line(handle, &line, &error) == SLUICE_OK);
      if (line.data == nullptr) return lines;
      lines += text_of(line) + "\n";
    }
  }
};

// One colour, of three bytes a pixel.
struct Picture {
  std::vector<unsigned char> bytes;
  sluice_input record{};

  explicit Picture(std::array<unsigned char, 3> colour) {
    for (std::uint32_t i = 0; i < kPixels * kPixels; ++i) bytes.insert(bytes.end(), colour.begin(), colour.end());
    record.struct_size = sizeof(record);
    record.modality = SLUICE_IMAGE;
    record.format = SLUICE_RGB8;
    record.width = record.height = kPixels;
    record.bytes = {bytes.data(), bytes.size()};
  }
};

// Offers the picture and runs what is wanted for it; the event that it ends in, and the stages that were wanted.
struct Ended {
  sluice_event event;
  std::vector<std::string> wanted;
};

Ended classify(StagedClient& client, Staged& staged, const Picture& picture) {
  std::uint64_t input = 0;
  REQUIRE(sluice_client_offer(client.handle, &picture.record, 10, &input, &client.error) == SLUICE_OK);
  Ended ended{client.next(), {}};
  for (; ended.event.kind == SLUICE_RUN_WANTED; ended.event = client.next()) {
    const sluice_event& wanted = ended.event;
    CHECK(wanted.work == SLUICE_RUN_STAGE);
    CHECK(text_of(wanted.part) == "branches");
    ended.wanted.push_back(std::to_string(wanted.stage) + (wanted.with_exit != 0 ? " and exit" : ""));
    std::uint32_t count = 0;
    std::uint64_t multiply_adds = 0;
    REQUIRE(sluice_staged_run(staged.handle, wanted.attempt, wanted.stage, wanted.with_exit,
                              wanted.stage == 0 ? &picture.record : nullptr, &count, &multiply_adds,
                              &staged.error) == SLUICE_OK);
    std::vector<sluice_tensor> outputs(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      REQUIRE(sluice_staged_output(staged.handle, i, &outputs[i], &staged.error) == SLUICE_OK);
    }
    REQUIRE(sluice_client_submit_stage(client.handle, wanted.attempt, outputs.data(), count, multiply_adds, 50, 20,
                                       &client.error) == SLUICE_OK);
  }
  return ended;
}

std::int32_t exit_of(StagedClient& client) {
  sluice_tensor tensor{};
  REQUIRE(sluice_client_event_output(client.handle, 1, &tensor, &client.error) == SLUICE_OK);
  CHECK(text_of(tensor.name) == "exit");
  return *static_cast<const std::int32_t*>(tensor.bytes.data);
}

}  // namespace

TEST_CASE("a picture leaves at the first exit that is sure, and what was run for it is counted") {
  Staged staged;
  REQUIRE_MESSAGE(staged.made == SLUICE_OK, staged.error.message());
  StagedClient client;

  const Ended easy = classify(client, staged, Picture({255, 0, 0}));
  CHECK(easy.event.answer_kind == SLUICE_EXITED);
  CHECK(easy.wanted == std::vector<std::string>{"0 and exit"});
  CHECK(easy.event.multiply_adds == toy::kConvolution + toy::kHead);
  CHECK(easy.event.cost.local_compute_us == 50);
  CHECK(exit_of(client) == 0);

  const Ended harder = classify(client, staged, Picture({140, 0, 0}));
  CHECK(harder.event.answer_kind == SLUICE_EXITED);
  CHECK(exit_of(client) == 1);
  CHECK(harder.event.multiply_adds == 2 * (toy::kConvolution + toy::kHead));

  const Ended hard = classify(client, staged, Picture({100, 90, 80}));
  CHECK(hard.event.answer_kind == SLUICE_ANSWERED_LOCAL);
  CHECK(hard.wanted == std::vector<std::string>{"0 and exit", "1 and exit", "2"});
  CHECK(hard.event.multiply_adds == toy::kWhole + 2 * toy::kHead);
  CHECK(hard.event.output_count == 1);

  const std::string log = client.log();
  std::size_t stages = 0;
  for (std::size_t at = log.find(" stage "); at != std::string::npos; at = log.find(" stage ", at + 1)) ++stages;
  CHECK(stages == 6);
}

TEST_CASE("an exit that the target closes is not asked for") {
  Staged staged;
  StagedClient client(
      1,
      exits_manifest(R"({"tensor": "relu_0", "exit": "exit_0"}, {"tensor": "relu_1", "exit": "exit_1"})", "[1, 0.99]"));
  const Ended ended = classify(client, staged, Picture({255, 0, 0}));
  CHECK(ended.wanted == std::vector<std::string>{"0", "1 and exit"});
  CHECK(exit_of(client) == 1);
}

TEST_CASE("without the option the model is wanted whole, and no stage is taken for it") {
  StagedClient client(0);
  std::uint64_t input = 0;
  const Picture picture({255, 0, 0});
  REQUIRE(sluice_client_offer(client.handle, &picture.record, 10, &input, &client.error) == SLUICE_OK);
  const sluice_event wanted = client.next();
  CHECK(text_of(wanted.part) == "model");
  CHECK(wanted.stage == 0);
  CHECK(sluice_client_submit_stage(client.handle, wanted.attempt, nullptr, 0, 1, 50, 20, &client.error) ==
        SLUICE_INVALID_ARGUMENT);
}

TEST_CASE("what the model is made of can be told, and the bundle says which part holds the exits") {
  Staged staged;
  sluice_staged_info info{};
  info.struct_size = sizeof(info);
  REQUIRE(sluice_staged_inspect(staged.handle, &info, &staged.error) == SLUICE_OK);
  CHECK(info.exit_count == 2);
  CHECK(info.threads == 1);
  CHECK(info.multiply_adds == toy::kWhole);
  sluice_exit_info second{};
  second.struct_size = sizeof(second);
  REQUIRE(sluice_staged_get_exit(staged.handle, 1, &second, &staged.error) == SLUICE_OK);
  CHECK(text_of(second.tensor) == "relu_1");
  CHECK(second.stage_multiply_adds == toy::kConvolution);
  CHECK(second.exit_multiply_adds == toy::kHead);
  CHECK(sluice_staged_get_exit(staged.handle, 2, &second, &staged.error) == SLUICE_NOT_FOUND);
  sluice_bundle* bundle = sluice::c::test::open_bundle(exits_manifest());
  for (std::uint32_t i = 0; i < 2; ++i) {
    sluice_bundle_part part{};
    part.struct_size = sizeof(part);
    REQUIRE(sluice_bundle_get_part(bundle, i, &part, nullptr) == SLUICE_OK);
    CHECK(part.uses == (text_of(part.name) == "model" ? SLUICE_USED_BY_MODEL : SLUICE_USED_BY_EXITS));
  }
  sluice_bundle_destroy(bundle);
}

TEST_CASE("parts that are missing or do not fit, and bundles without exits, are refused by name") {
  const Staged misplaced(exits_manifest(R"({"tensor": "nowhere", "exit": "exit_0"})", "[0.9]"));
  CHECK(misplaced.made == SLUICE_NOT_FOUND);
  CHECK(misplaced.error.message().find("'nowhere'") != std::string::npos);
  const Staged narrow(exits_manifest(), toy::toy_model(), toy::toy_branches(-1, 4, 2));
  CHECK(narrow.made == SLUICE_SHAPE_MISMATCH);
  const Staged broken(exits_manifest(), toy::toy_model(), "no model");
  CHECK(broken.made == SLUICE_MALFORMED_MODEL);

  Error error;
  sluice_staged* handle = nullptr;
  sluice_bundle* bundle = sluice::c::test::open_bundle(exits_manifest());
  const std::string model = toy::toy_model();
  const sluice_part only = part_of("model", model);
  CHECK(sluice_staged_load(bundle, &only, 1, nullptr, &handle, &error) == SLUICE_BUNDLE_PART_MISSING);
  CHECK(error.message().find("'branches'") != std::string::npos);
  sluice_bundle_destroy(bundle);
  bundle = sluice::c::test::open_bundle(sluice::c::test::bright_manifest());
  CHECK(sluice_staged_load(bundle, &only, 1, nullptr, &handle, &error) == SLUICE_INVALID_ARGUMENT);
  sluice_bundle_destroy(bundle);
  CHECK(handle == nullptr);
}

TEST_CASE("a stage out of turn, without its input, or with logits that are no numbers is refused") {
  Staged staged;
  const Picture picture({255, 0, 0});
  std::uint32_t count = 0;
  std::uint64_t spent = 0;
  const auto run = [&](sluice_staged* handle, std::uint64_t attempt, std::uint32_t stage, const sluice_input* input) {
    return sluice_staged_run(handle, attempt, stage, 1, input, &count, &spent, &staged.error);
  };
  CHECK(run(staged.handle, 1, 1, nullptr) == SLUICE_INVALID_ARGUMENT);
  CHECK(run(staged.handle, 1, 0, nullptr) == SLUICE_INVALID_ARGUMENT);
  REQUIRE(run(staged.handle, 1, 0, &picture.record) == SLUICE_OK);
  CHECK(run(staged.handle, 2, 1, nullptr) == SLUICE_INVALID_ARGUMENT);
  sluice_tensor tensor{};
  CHECK(sluice_staged_output(staged.handle, 0, &tensor, &staged.error) == SLUICE_NOT_FOUND);
  CHECK(sluice_staged_run(staged.handle, 1, 0, 1, &picture.record, nullptr, &spent, &staged.error) ==
        SLUICE_INVALID_ARGUMENT);
  const Staged none(exits_manifest(), toy::toy_model(), toy::toy_branches(-1, NAN));
  REQUIRE(none.made == SLUICE_OK);
  CHECK(run(none.handle, 1, 0, &picture.record) == SLUICE_EXECUTION_FAILED);
}

TEST_CASE("callers of the version before stages keep working") {
  StagedClient client(0);
  sluice_event older{};
  older.struct_size = offsetof(sluice_event, stage);
  older.multiply_adds = 77;
  REQUIRE(sluice_client_next_event(client.handle, &older, &client.error) == SLUICE_OK);
  CHECK(older.multiply_adds == 77);
  older.struct_size = offsetof(sluice_event, stage) - 1;
  CHECK(sluice_client_next_event(client.handle, &older, &client.error) == SLUICE_INVALID_ARGUMENT);
  sluice_client_options options{};
  options.struct_size = offsetof(sluice_client_options, stages);
  sluice_bundle* bundle = sluice::c::test::open_bundle(exits_manifest());
  sluice_client* made = nullptr;
  CHECK(sluice_client_create(bundle, nullptr, 0, &options, &made, &client.error) == SLUICE_OK);
  sluice_client_destroy(made);
  options.struct_size = sizeof(options);
  options.stages = 2;
  CHECK(sluice_client_create(bundle, nullptr, 0, &options, &made, &client.error) == SLUICE_INVALID_ARGUMENT);
  sluice_bundle_destroy(bundle);
}
