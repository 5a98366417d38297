// A model with early exits between a device and a server, through the C interface: the caller runs the stages up to the cut and codes what
// they leave; the server is played by hand.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "bindings/c/sluice.h"
#include "core/wire/codec.hpp"
#include "tests/bindings/c/tiny_onnx.hpp"
#include "tests/core/exit/toy_cut.hpp"

namespace toy = sluice::exits::testing;
using sluice::Bytes;
using sluice::c::test::Error;
using sluice::c::test::text_of;

namespace {

constexpr std::string_view kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string cut_manifest(bool with_cut = true) {
  const auto part = [](const std::string& name) {
    return R"({"name": ")" + name + R"(", "file": ")" + name + R"(.bin", "bytes": 1, "sha256": ")" +
           std::string(64, '0') + R"("})";
  };
  const std::string scale = "[0.00392156886, 0.00392156886, 0.00392156886]";
  const std::string points = R"("points": [{"target": 0.8, "thresholds": [0.9, 0.99]}])";
  const std::string cut =
      R"(, "cut": {"place": 0, "coding": "coding", "values": [0, 0.25, 0.5, 0.75, 1], )" + points + "}";
  return R"({"format": 2, "name": "cut", "version": "1", "parts": [)" + part("model") + ", " + part("branches") + ", " +
         part("coding") + R"(], "model": {"part": "model", "input": {"width": 8, "height": 8, "scale": )" + scale +
         R"(}, "output": {"decoder": "none"}}, "exits": {"part": "branches", "rule": "max_probability", "places": [
         {"tensor": "relu_0", "exit": "exit_0"}, {"tensor": "relu_1", "exit": "exit_1"}], )" +
         points + (with_cut ? cut : "") + R"(}, "agree_when": {"rule": "label"}, "default_target": 0.8})";
}

struct CutStages {
  sluice_staged* handle = nullptr;
  Error error;
  sluice_status made;

  explicit CutStages(std::uint32_t whole = 0, const std::string& coding = toy::toy_coding(), bool with_cut = true) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(cut_manifest(with_cut));
    const std::string model = toy::toy_model();
    const std::string branches = toy::toy_branches();
    std::vector<sluice_part> parts;
    for (const auto& [name, bytes] : {std::pair{"model", &model}, {"branches", &branches}, {"coding", &coding}}) {
      if (!bytes->empty()) parts.push_back({{name, std::string(name).size()}, {bytes->data(), bytes->size()}});
    }
    made = sluice_staged_load_cut(bundle, parts.data(), static_cast<std::uint32_t>(parts.size()), whole, nullptr,
                                  &handle, &error);
    sluice_bundle_destroy(bundle);
  }
  CutStages(const CutStages&) = delete;
  CutStages& operator=(const CutStages&) = delete;
  ~CutStages() { sluice_staged_destroy(handle); }

  sluice_staged_info inspect() {
    sluice_staged_info info{};
    info.struct_size = sizeof(info);
    REQUIRE(sluice_staged_inspect(handle, &info, &error) == SLUICE_OK);
    return info;
  }
};

// A picture of one colour, of three bytes a pixel.
struct OneColour {
  std::vector<unsigned char> bytes;
  sluice_input record{};

  explicit OneColour(std::array<unsigned char, 3> colour) {
    for (std::int64_t i = 0; i < toy::kSide * toy::kSide; ++i) bytes.insert(bytes.end(), colour.begin(), colour.end());
    record.struct_size = sizeof(record);
    record.modality = SLUICE_IMAGE;
    record.format = SLUICE_RGB8;
    record.width = record.height = toy::kSide;
    record.bytes = {bytes.data(), bytes.size()};
  }
};

struct CutClient {
  sluice_client* handle = nullptr;
  Error error;
  sluice_status made;

  explicit CutClient(std::uint32_t cut = 1, sluice_place place = SLUICE_REMOTE, std::uint32_t stages = 1) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(cut_manifest());
    sluice_client_options options{};
    options.struct_size = sizeof(options);
    options.place = place;
    options.stages = stages;
    options.cut = cut;
    made = sluice_client_create(bundle, nullptr, 0, &options, &handle, &error);
    sluice_bundle_destroy(bundle);
  }
  CutClient(const CutClient&) = delete;
  CutClient& operator=(const CutClient&) = delete;
  ~CutClient() { sluice_client_destroy(handle); }

  sluice_event next(sluice_event_kind kind) {
    sluice_event event{};
    event.struct_size = sizeof(event);
    do {
      REQUIRE(sluice_client_next_event(handle, &event, &error) == SLUICE_OK);
      REQUIRE(event.kind != SLUICE_NO_EVENT);
    } while (event.kind != kind);
    return event;
  }
  void say(const sluice::wire::Message& message, std::int64_t now_us) {
    std::string bytes;
    sluice::wire::encode(message, bytes);
    REQUIRE(sluice_client_receive(handle, bytes.data(), bytes.size(), now_us, &error) == SLUICE_OK);
  }
  void connect() {
    REQUIRE(sluice_client_record(handle, 1, &error) == SLUICE_OK);
    REQUIRE(sluice_client_start(handle, 0, &error) == SLUICE_OK);
    next(SLUICE_CONNECT_WANTED);
    REQUIRE(sluice_client_connected(handle, 10, &error) == SLUICE_OK);
    say(sluice::wire::Welcome{1, "server", "cut", "1", {1U << 20U, 2, 1000}, {sluice::wire::Encoding::kCut}, {}, {}},
        10);
    message();  // the greeting
  }
  void offer(const OneColour& picture) {
    std::uint64_t input = 0;
    REQUIRE(sluice_client_offer(handle, &picture.record, 20, &input, &error) == SLUICE_OK);
  }
  // Runs the stage that is wanted next.
  sluice_event run_stage(CutStages& stages, const OneColour& picture) {
    const sluice_event wanted = next(SLUICE_RUN_WANTED);
    CHECK(wanted.coded == 0);
    std::uint32_t count = 0;
    std::uint64_t multiply_adds = 0;
    REQUIRE(sluice_staged_run(stages.handle, wanted.attempt, wanted.stage, wanted.with_exit, &picture.record, &count,
                              &multiply_adds, &stages.error) == SLUICE_OK);
    std::vector<sluice_tensor> outputs(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      REQUIRE(sluice_staged_output(stages.handle, i, &outputs[i], &stages.error) == SLUICE_OK);
    }
    REQUIRE(sluice_client_submit_stage(handle, wanted.attempt, outputs.data(), count, multiply_adds, 50, 30, &error) ==
            SLUICE_OK);
    return wanted;
  }
  // Codes what is wanted coded, and gives the bytes that were submitted.
  std::string code(CutStages& stages) {
    const sluice_event wanted = next(SLUICE_RUN_WANTED);
    CHECK(wanted.work == SLUICE_RUN_STAGE);
    CHECK(wanted.coded == 1);
    sluice_bytes coded{};
    REQUIRE(sluice_staged_code(stages.handle, wanted.attempt, wanted.stage, &coded, &stages.error) == SLUICE_OK);
    REQUIRE(sluice_client_submit_coded(handle, wanted.attempt, coded.data, coded.length, kTrace.data(), kTrace.size(),
                                       5, 40, &error) == SLUICE_OK);
    return text_of(coded);
  }
  std::string message() {
    sluice_bytes bytes{};
    REQUIRE(sluice_client_next_message(handle, &bytes, &error) == SLUICE_OK);
    return text_of(bytes);
  }
  bool logged(std::string_view wanted) {
    for (sluice_bytes line{};;) {
      REQUIRE(sluice_client_next_log_line(handle, &line, &error) == SLUICE_OK);
      if (line.data == nullptr) return false;
      if (text_of(line) == wanted) return true;
    }
  }
};

const OneColour kSureHere({255, 0, 0});
const OneColour kUnsureHere({255, 120, 0});

}  // namespace

TEST_CASE("what an exit here is sure of it answers, and nothing goes to the server") {
  CutStages stages;
  REQUIRE_MESSAGE(stages.made == SLUICE_OK, stages.error.message());
  CutClient client;
  client.connect();
  client.offer(kSureHere);
  client.run_stage(stages, kSureHere);
  const sluice_event answered = client.next(SLUICE_ANSWERED);
  CHECK(answered.answer_kind == SLUICE_EXITED);
  CHECK(answered.stopgap == 0);
  CHECK(answered.cost.bytes_up == 0);
  CHECK(client.message().empty());
}

TEST_CASE("what no exit here is sure of is coded, goes to the server, and its answer says which exit gave it") {
  CutStages stages;
  CutClient client;
  client.connect();
  client.offer(kUnsureHere);
  CHECK(client.run_stage(stages, kUnsureHere).with_exit == 1);
  const std::string coded = client.code(stages);
  CHECK(client.logged("40 cut 5 " + std::to_string(coded.size())));
  const std::string sent = client.message();
  const auto decoded = sluice::wire::decode(std::as_bytes(std::span(sent)));
  REQUIRE(decoded.has_value());
  const auto* request = std::get_if<sluice::wire::Request>(&*decoded);
  REQUIRE(request != nullptr);
  CHECK(request->encoding == sluice::wire::Encoding::kCut);
  CHECK(request->exit_point == 1);
  CHECK(request->traceparent == kTrace);
  CHECK(std::string(reinterpret_cast<const char*>(request->payload.data()), request->payload.size()) == coded);

  const std::array<float, 3> logits{10, 5, 0};
  const std::int32_t exit = 1;
  sluice::wire::Answer answer;
  answer.request_id = request->id;
  answer.outputs = {{"logits", *sluice::view_of(std::span<const float>(logits), {1, 3})},
                    {"exit", *sluice::view_of(std::span<const std::int32_t>(&exit, 1), {1})}};
  client.say(answer, 60);
  const sluice_event answered = client.next(SLUICE_ANSWERED);
  CHECK(answered.answer_kind == SLUICE_SPLIT);
  CHECK(text_of(answered.text) == "exit 2 of 2 sure on the server");
  CHECK(answered.stopgap == 0);
  CHECK(answered.output_count == 2);
  CHECK(answered.cost.bytes_up == sent.size());
}

TEST_CASE("the exit here answers for a server that is gone, and the answer says that it only fills in") {
  CutStages stages;
  CutClient client;
  client.connect();
  client.offer(kUnsureHere);
  client.run_stage(stages, kUnsureHere);
  client.code(stages);
  REQUIRE(sluice_client_disconnected(client.handle, SLUICE_CONNECTION_LOST, "gone", 4, 50, &client.error) == SLUICE_OK);
  // What went with the connection is tried once more; no server is there by then.
  client.run_stage(stages, kUnsureHere);
  client.code(stages);
  const sluice_event answered = client.next(SLUICE_ANSWERED);
  CHECK(answered.answer_kind == SLUICE_EXITED);
  CHECK(answered.stopgap == 1);
}

TEST_CASE("the stages end at the cut, or go on to the model's end where that may be needed here") {
  CutStages first(0);
  CHECK(first.inspect().exit_count == 1);
  CHECK(first.inspect().exits_in_all == 2);
  CHECK(first.inspect().multiply_adds == toy::kWhole);
  sluice_exit_info info{};
  info.struct_size = sizeof(info);
  CHECK(sluice_staged_get_exit(first.handle, 1, &info, &first.error) == SLUICE_NOT_FOUND);
  CutStages whole(1);
  REQUIRE(whole.made == SLUICE_OK);
  CHECK(whole.inspect().exit_count == 2);
  CHECK(whole.inspect().exits_in_all == 2);
}

TEST_CASE("without the option, and with the model here alone, nothing is to be coded") {
  CutClient older(0);
  REQUIRE(older.made == SLUICE_OK);
  older.connect();
  older.offer(kUnsureHere);
  sluice_event event{};
  event.struct_size = sizeof(event);
  REQUIRE(sluice_client_next_event(older.handle, &event, &older.error) == SLUICE_OK);
  CHECK((event.kind != SLUICE_RUN_WANTED || event.work == SLUICE_ENCODE));
  CutStages stages(1);
  CutClient local(1, SLUICE_LOCAL);
  REQUIRE(local.made == SLUICE_OK);
  REQUIRE(sluice_client_start(local.handle, 0, &local.error) == SLUICE_OK);
  local.offer(kUnsureHere);
  local.run_stage(stages, kUnsureHere);
  local.run_stage(stages, kUnsureHere);
  CHECK(local.next(SLUICE_ANSWERED).answer_kind == SLUICE_EXITED);
}

TEST_CASE(
    "a cut that is not there, whose part is missing or of another tensor, or that runs without stages, is refused") {
  const CutStages none(0, toy::toy_coding(), false);
  CHECK(none.made == SLUICE_INVALID_ARGUMENT);
  const CutStages missing(0, "");
  CHECK(missing.made == SLUICE_BUNDLE_PART_MISSING);
  CHECK(missing.error.message().find("'coding'") != std::string::npos);
  const CutStages other(0, toy::toy_coding(2));
  CHECK(other.made == SLUICE_SHAPE_MISMATCH);
  const CutStages neither(2);
  CHECK(neither.made == SLUICE_INVALID_ARGUMENT);
  const CutClient alone(1, SLUICE_REMOTE, 0);
  CHECK(alone.made == SLUICE_INVALID_ARGUMENT);
  CHECK(alone.error.message().find("stages") != std::string::npos);
}

TEST_CASE("what did not run just before is not coded, nor what was loaded without its cut") {
  CutStages stages;
  sluice_bytes coded{};
  CHECK(sluice_staged_code(stages.handle, 1, 0, &coded, &stages.error) == SLUICE_INVALID_ARGUMENT);
  sluice_bundle* bundle = sluice::c::test::open_bundle(cut_manifest());
  const std::string model = toy::toy_model();
  const std::string branches = toy::toy_branches();
  const std::array parts{sluice_part{{"model", 5}, {model.data(), model.size()}},
                         sluice_part{{"branches", 8}, {branches.data(), branches.size()}}};
  sluice_staged* plain = nullptr;
  REQUIRE(sluice_staged_load(bundle, parts.data(), 2, nullptr, &plain, &stages.error) == SLUICE_OK);
  sluice_bundle_destroy(bundle);
  std::uint32_t count = 0;
  std::uint64_t multiply_adds = 0;
  REQUIRE(sluice_staged_run(plain, 1, 0, 1, &kUnsureHere.record, &count, &multiply_adds, &stages.error) == SLUICE_OK);
  CHECK(sluice_staged_code(plain, 1, 0, &coded, &stages.error) == SLUICE_INVALID_ARGUMENT);
  CHECK(coded.data == nullptr);
  sluice_staged_destroy(plain);
}

TEST_CASE("callers of the version before cuts keep working, and a bundle says which part is its cut's") {
  CutClient client;
  client.connect();
  sluice_event older{};
  older.struct_size = offsetof(sluice_event, coded);
  older.coded = older.stopgap = 77;
  REQUIRE(sluice_client_next_event(client.handle, &older, &client.error) == SLUICE_OK);
  CHECK(older.coded == 77);
  CHECK(older.stopgap == 77);
  sluice_bundle* bundle = sluice::c::test::open_bundle(cut_manifest());
  sluice_bundle_part part{};
  part.struct_size = sizeof(part);
  REQUIRE(sluice_bundle_get_part(bundle, 2, &part, nullptr) == SLUICE_OK);
  CHECK(text_of(part.name) == "coding");
  CHECK(part.uses == SLUICE_USED_BY_CUT);
  sluice_client_options options{};
  options.struct_size = offsetof(sluice_client_options, cut);
  options.stages = 1;
  options.cut = 99;
  sluice_client* made = nullptr;
  CHECK(sluice_client_create(bundle, nullptr, 0, &options, &made, &client.error) == SLUICE_OK);
  sluice_client_destroy(made);
  options.struct_size = sizeof(options);
  CHECK(sluice_client_create(bundle, nullptr, 0, &options, &made, &client.error) == SLUICE_INVALID_ARGUMENT);
  sluice_bundle_destroy(bundle);
}
