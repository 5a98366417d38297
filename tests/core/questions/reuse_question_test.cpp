// The REUSE question over a real network (the embedding is the picture's mean red, green and blue), in a client with SKIP on the
// same trunk: what the model answered is handed out again, never from another version, never too old, and both questions spend
// their shares of one budget.
#include "core/questions/reuse/reuse_question.hpp"

#include <doctest/doctest.h>

#include <array>

#include "core/model/onnx_writer.hpp"
#include "core/pipeline/client.hpp"
#include "core/questions/table.hpp"
#include "core/wire/codec.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace std::chrono_literals;

namespace {

std::string trunk() {
  static const std::array<float, 3> first = {1, 0, 0};
  model::OnnxWriter onnx("trunk");
  onnx.add_input("picture", DataType::kFloat32, {1, 3, 2, 2});
  onnx.add_output("needed", DataType::kFloat32, {1, 1});
  onnx.add_output("embedding", DataType::kFloat32, {1, 3});
  onnx.add_initializer("first", *view_of(std::span<const float>(first), {3, 1}));
  onnx.add_node("GlobalAveragePool", {"picture"}, {"pooled"});
  onnx.add_node("Flatten", {"pooled"}, {"embedding"});
  onnx.add_node("MatMul", {"embedding", "first"}, {"needed"});
  return onnx.finish();
}

constexpr std::string_view kManifest = R"({
  "format": 2, "name": "colours", "version": "1",
  "parts": [{"name": "model", "file": "m.onnx", "bytes": 9, "sha256": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"},
            {"name": "filter", "file": "f.onnx", "bytes": 9, "sha256": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"}],
  "model": {"part": "model", "input": {"width": 2, "height": 2}, "output": {"decoder": "none"}},
  "agree_when": {"rule": "numbers", "tolerance": 0.5},
  "questions": [
    {"kind": "skip", "part": "filter", "input": {"width": 2, "height": 2, "scale": [0.00392156862, 0.00392156862, 0.00392156862]},
     "redundant_when": "count == 0", "error_share": 0.5,
     "operating_points": [{"target": 0.95, "confidence": 0.95, "threshold": 0.1, "filter_rate": 0.5}]},
    {"kind": "reuse", "part": "filter", "input": {"width": 2, "height": 2, "scale": [0.00392156862, 0.00392156862, 0.00392156862]},
     "output": "embedding", "k": 3, "max_age_ms": 1000, "error_share": 0.5,
     "operating_points": [{"target": 0.95, "confidence": 0.95, "threshold": 0.05, "filter_rate": 0.5}]}]
})";

struct Colours {
  Colours() {
    auto parsed = questions::parse_manifest(kManifest);
    if (!parsed) FAIL(parsed.error().message);
    manifest = *std::move(parsed);
    const std::array parts = {PartBytes{"filter", as_bytes(onnx)}};
    auto made = make_questions(manifest, parts, run::full_loading());
    if (!made) FAIL(made.error().message);
    ClientOptions options;
    options.place = ModelPlace::kLocal;
    options.queue = QueuePolicy::kKeepAll;
    client = std::make_unique<Client>(manifest, *std::move(made), options, nullptr);
  }

  static std::vector<OutputTensor> result(float value) {
    std::vector<OutputTensor> outputs;
    outputs.push_back({"value", *Tensor::create(DataType::kFloat32, {1})});
    outputs[0].tensor.as<float>()[0] = value;
    return outputs;
  }

  // Offers a picture of one colour; a run of the model answers `value`. Returns the answer.
  Answer ask(std::uint8_t red, std::uint8_t green, float value) {
    std::array<std::uint8_t, 12> pixels{};
    for (std::size_t i = 0; i < pixels.size(); i += 3) {
      pixels[i] = red;
      pixels[i + 1] = green;
    }
    const input::ImageView image{input::PixelFormat::kRgb8, 2, 2, {{{pixels.data(), 6}, {}, {}}}};
    REQUIRE(client->offer(image, now).has_value());
    auto event = client->next_event();
    REQUIRE(event.has_value());
    if (const auto* wanted = std::get_if<RunWanted>(&*event)) {
      client->submit(wanted->attempt, result(value), 1ms, now);
      event = client->next_event();
      REQUIRE(event.has_value());
    }
    REQUIRE(std::holds_alternative<Answered>(*event));
    return std::get<Answered>(*std::move(event)).answer;
  }

  std::string onnx = trunk();
  Manifest manifest;
  std::unique_ptr<Client> client;
  Instant now{};
};

}  // namespace

TEST_CASE("what the model answered answers again, near by and not far away") {
  Colours colours;
  const Answer new_one = colours.ask(200, 10, 7);
  CHECK(new_one.kind == AnswerKind::kLocal);
  CHECK(new_one.score == kNoScore);
  CHECK(new_one.reason == "reuse score none >= threshold 0.050 (may err on 5 %), since nothing is remembered yet");
  const Answer again = colours.ask(202, 11, 8);
  CHECK(again.kind == AnswerKind::kReused);
  REQUIRE(again.outputs.size() == 1);
  CHECK(again.outputs[0].tensor.as<float>()[0] == 7);
  CHECK(again.score > 0);
  CHECK(again.score < again.threshold);
  CHECK(again.reason.find("reuse score 0.0") == 0);
  CHECK(colours.ask(200, 100, 8).kind == AnswerKind::kLocal);
  CHECK(colours.ask(5, 100, 0).kind == AnswerKind::kSkipped);
}

TEST_CASE("only a bundle that shares answers has a key for others, while the input is on its way") {
  for (const bool shared : {false, true}) {
    CAPTURE(shared);
    const std::string onnx = trunk();
    auto network = run::Network::load(as_bytes(onnx), input::ImageSpec{.width = 2, .height = 2}, run::full_loading());
    REQUIRE(network);
    questions::ReuseSpec spec;
    spec.output = "embedding";
    spec.shared = shared;
    spec.operating_points = {{.target = 0.9F, .confidence = 0.95F, .threshold = 0.25F, .filter_rate = 0.5F}};
    auto question = questions::ReuseQuestion::make(std::make_shared<SharedNetwork>(*std::move(network)), spec,
                                                   {"colours", "1"}, {.rule = "numbers"});
    REQUIRE(question);
    (*question)->set_error_budget(0.1F);
    const std::array<std::uint8_t, 12> pixels{10, 20, 30, 10, 20, 30, 10, 20, 30, 10, 20, 30};
    const input::InputView picture = input::ImageView{input::PixelFormat::kRgb8, 2, 2, {{{pixels.data(), 6}, {}, {}}}};
    REQUIRE((*question)->ask({picture, 7, Instant{}}));
    const auto key = (*question)->shared_key(7);
    CHECK(key.embedding.size() == (shared ? 3 : 0));
    if (shared) {
      CHECK(key.embedding[0] == doctest::Approx(10));
      CHECK(key.embedding[2] == doctest::Approx(30));
      CHECK(key.max_distance == 0.25F);
    }
    CHECK((*question)->shared_key(8).embedding.empty());
    (*question)->forget(7);
    CHECK((*question)->shared_key(7).embedding.empty());
  }
}

TEST_CASE("a request brings its embedding where bundle, server and client share answers") {
  const std::string onnx = trunk();
  // What the client sends for a picture that no question answers.
  const auto request_of = [&](bool bundle_shares, wire::Features server, bool private_answers) {
    std::string text(kManifest);
    const std::string before = "\"output\": \"embedding\",";
    if (bundle_shares) text.insert(text.find(before), "\"answers\": \"shared\", ");
    const auto manifest = questions::parse_manifest(text);
    if (!manifest) FAIL(manifest.error().message);
    const std::array parts = {PartBytes{"filter", as_bytes(onnx)}};
    auto made = make_questions(*manifest, parts, run::full_loading());
    REQUIRE(made);
    ClientOptions options;
    options.private_answers = private_answers;
    Client client(*manifest, *std::move(made), options, nullptr);
    const Instant now{};
    const auto hear = [&] {
      const std::string* bytes = client.next_message();
      REQUIRE(bytes != nullptr);
      const std::string heard = *bytes;
      client.sent(heard.size(), now);
      return heard;
    };
    client.start(now);
    client.connected(now);
    const std::string greeting = hear();
    const auto hello = std::get<wire::Hello>(*wire::decode(as_bytes(greeting)));
    CHECK((hello.features & wire::kFeatureSharedReuse) == (private_answers ? 0 : wire::kFeatureSharedReuse));
    wire::Welcome welcome{1, "server", "colours", "1", {1U << 20U, 2, 1000}, {wire::Encoding::kRgb8}, {}};
    welcome.features = server;
    std::string bytes;
    wire::encode(welcome, bytes);
    client.receive(as_bytes(bytes), now);
    const std::array<std::uint8_t, 12> pixels{200, 10, 0, 200, 10, 0, 200, 10, 0, 200, 10, 0};
    const input::ImageView image{input::PixelFormat::kRgb8, 2, 2, {{{pixels.data(), 6}, {}, {}}}};
    REQUIRE(client.offer(image, now));
    for (auto event = client.next_event(); event; event = client.next_event()) {
      if (const auto* wanted = std::get_if<RunWanted>(&*event))
        client.submit(wanted->attempt, Payload{wire::Encoding::kRgb8, std::as_bytes(std::span(pixels))}, 1ms, now);
    }
    const std::string asked = hear();
    const auto request = std::get<wire::Request>(*wire::decode(as_bytes(asked)));
    return std::pair(std::string(as_text(request.embedding)), request.reuse_distance);
  };
  const auto [embedding, distance] = request_of(true, wire::kFeatures, false);
  CHECK(embedding.size() == 3 * sizeof(float));
  CHECK(distance == 0.05F);
  CHECK(request_of(false, wire::kFeatures, false).first.empty());
  CHECK(request_of(true, wire::kFeatureAnswerKinds, false).first.empty());
  CHECK(request_of(true, wire::kFeatures, true).first.empty());
}

TEST_CASE("neighbours that disagree are a miss that says so, and an answer that was reused teaches nothing") {
  Colours colours;
  colours.ask(200, 10, 7);
  colours.ask(200, 25, 9);  // too far to be reused, so both stand in the cache
  const Answer between = colours.ask(200, 17, 8);
  CHECK(between.kind == AnswerKind::kLocal);
  CHECK(between.reason.find("what lies near disagrees") != std::string::npos);
}

TEST_CASE("entries age out") {
  Colours colours;
  colours.ask(200, 10, 7);
  colours.now += 900ms;
  CHECK(colours.ask(200, 10, 7).kind == AnswerKind::kReused);
  colours.now += 200ms;
  CHECK(colours.ask(200, 10, 7).kind == AnswerKind::kLocal);
}

TEST_CASE("two questions spend their shares of one budget") {
  Colours colours;
  CHECK(colours.client->set_accuracy_target(0.9F) == doctest::Approx(0.9));
  CHECK(colours.client->set_accuracy_target(0.92F) ==
        doctest::Approx(0.95));  // skip cannot use 0.04; what it leaves, reuse can
  CHECK(colours.ask(5, 100, 0).kind == AnswerKind::kLocal);
  CHECK(colours.client->set_accuracy_target(0.99F) == 1);
  colours.ask(200, 10, 7);
  CHECK(colours.ask(200, 10, 7).kind == AnswerKind::kLocal);
}

TEST_CASE("an embedding that is not there, or is none, is refused when the question is made") {
  const std::string onnx = trunk();
  auto manifest = questions::parse_manifest(kManifest);
  REQUIRE(manifest.has_value());
  const auto made_with = [&](const std::string& output) {
    auto spec = std::make_shared<questions::ReuseSpec>(*manifest->find_question<questions::ReuseSpec>());
    spec->output = output;
    Manifest varied = *manifest;
    varied.questions[1].spec = spec;
    return make_questions(varied, std::array{PartBytes{"filter", as_bytes(onnx)}}, run::full_loading());
  };
  CHECK(made_with("nothing").error().code == ErrorCode::kNotFound);
  CHECK(made_with("embedding").has_value());
  CHECK(make_questions(*manifest, {}, run::full_loading()).error().code == ErrorCode::kBundlePartMissing);
  const std::string text = questions::write_manifest(*manifest).value();
  const auto again = questions::parse_manifest(text);
  REQUIRE(again.has_value());
  CHECK(questions::write_manifest(*again).value() == text);
  CHECK(again->agree_when.tolerance == 0.5F);
}

TEST_CASE("questions share a network by its part and its input, and only so") {
  const Manifest manifest;
  const std::string onnx = trunk();
  const std::array parts = {PartBytes{"filter", as_bytes(onnx)}, PartBytes{"second", as_bytes(onnx)}};
  const run::Loading loading = run::full_loading();
  QuestionMaker maker(manifest, parts, loading);
  const auto network = [&](const std::string& part, const input::ImageSpec& picture) {
    auto made = maker.network(part, picture);
    REQUIRE(made.has_value());
    return *made;
  };
  input::ImageSpec picture;
  picture.width = picture.height = 2;
  input::ImageSpec darker = picture;
  darker.scale = {0.5F, 0.5F, 0.5F};
  input::ImageSpec boxed = picture;
  boxed.fit = input::Fit::kLetterbox;
  const auto first = network("filter", picture);
  CHECK(network("filter", picture) == first);
  CHECK(network("filter", darker) != first);
  CHECK(network("filter", boxed) != first);
  CHECK(network("second", picture) != first);
  CHECK(network("filter", darker) == network("filter", darker));
}
