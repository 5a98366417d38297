// The SKIP question over a real network: the mean of a 2 x 2 grey picture as the probability that the model is needed.
#include "core/pipeline/skip_question.hpp"

#include <doctest/doctest.h>

#include <array>

#include "core/model/onnx_writer.hpp"
#include "core/pipeline/client.hpp"

using namespace sluice;
using namespace sluice::pipeline;

namespace {

std::string mean_network() {
  model::OnnxWriter onnx("mean");
  onnx.add_input("picture", DataType::kFloat32, {1, 1, 2, 2});
  onnx.add_output("needed", DataType::kFloat32, {1, 1});
  onnx.add_node("GlobalAveragePool", {"picture"}, {"pooled"});
  onnx.add_node("Flatten", {"pooled"}, {"needed"});
  return onnx.finish();
}

SkipSpec mean_spec() {
  SkipSpec spec;
  spec.part = "filter";
  spec.input.width = 2;
  spec.input.height = 2;
  spec.input.channels = input::Channels::kGray;
  spec.input.scale = {1.0F / 255, 1.0F / 255, 1.0F / 255};
  spec.redundant_when = "count == 0";
  spec.operating_points = {{0.8F, 0.95F, 0.6F, 0.5F}, {0.9F, 0.95F, 0.3F, 0.4F}};
  spec.default_target = 0.9F;
  return spec;
}

SkipQuestion mean_question(const std::string& onnx) {
  model::LoadOptions options;
  options.operators = model::gate_operators();
  auto filter = filter::SkipFilter::load(as_bytes(onnx), mean_spec().input, options);
  if (!filter) FAIL(filter.error().message);
  return SkipQuestion(*std::move(filter), mean_spec());
}

struct GreyPicture {
  explicit GreyPicture(std::uint8_t value) { pixels.fill(value); }
  input::ImageView view() const { return {input::PixelFormat::kGray8, 2, 2, {{{pixels.data(), 2}, {}, {}}}}; }
  std::array<std::uint8_t, 4> pixels{};
};

}  // namespace

TEST_CASE("frames below the threshold of the target are skipped") {
  const std::string onnx = mean_network();
  SkipQuestion question = mean_question(onnx);
  CHECK(question.name() == "skip");
  const auto ask = [&](std::uint8_t value) {
    const auto verdict = question.ask(GreyPicture(value).view());
    if (!verdict) FAIL(verdict.error().message);
    CHECK(verdict->score == doctest::Approx(value / 255.0).epsilon(0.01));
    CHECK((verdict->answer == AnswerKind::kSkipped) == (verdict->score < verdict->threshold));
    return *verdict;
  };
  CHECK(ask(51).answer.has_value());  // 0.2 < 0.3, the default target's threshold
  CHECK_FALSE(ask(128).answer.has_value());
  CHECK(question.set_accuracy_target(0.75F) == 0.8F);
  CHECK(ask(128).answer.has_value());  // 0.5 < 0.6
  CHECK(question.set_accuracy_target(0.99F) == 1.0F);
  CHECK_FALSE(ask(0).answer.has_value());  // no point promises that much: every frame passes
}

TEST_CASE("a client asks it and gives its reason") {
  const std::string onnx = mean_network();
  std::vector<std::unique_ptr<Question>> questions;
  questions.push_back(std::make_unique<SkipQuestion>(mean_question(onnx)));
  Manifest manifest;
  manifest.skip = mean_spec();
  ClientOptions options;
  options.place = ModelPlace::kLocal;
  Client client(manifest, std::move(questions), options, nullptr);
  REQUIRE(client.offer(GreyPicture(0).view(), Instant{}).has_value());
  auto event = client.next_event();
  REQUIRE((event && std::holds_alternative<Answered>(*event)));
  CHECK(std::get<Answered>(*event).answer.reason == "skip score 0.000 < threshold 0.300 (target 90 %)");
  REQUIRE(client.offer(GreyPicture(255).view(), Instant{}).has_value());
  event = client.next_event();
  REQUIRE((event && std::holds_alternative<LocalRunWanted>(*event)));
  CHECK(client.set_accuracy_target(0.5F) == 0.8F);
}
