// The REUSE question over a real network (the embedding is the picture's mean red, green and blue), in a client with SKIP on the
// same trunk: what the model answered is handed out again, never from another version, never too old, and both questions spend
// their shares of one budget.
#include "core/questions/reuse/reuse_question.hpp"

#include <doctest/doctest.h>

#include <array>

#include "core/model/onnx_writer.hpp"
#include "core/pipeline/client.hpp"
#include "core/questions/table.hpp"

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
