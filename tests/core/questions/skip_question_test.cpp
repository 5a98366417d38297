// The SKIP question over a real network: the mean of a 2 x 2 grey picture as the probability that the model is needed.
#include "core/questions/skip/skip_question.hpp"

#include <doctest/doctest.h>

#include <array>

#include "core/model/onnx_writer.hpp"
#include "core/pipeline/client.hpp"
#include "tests/core/questions/grey_picture.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using questions::SkipQuestion;
using questions::SkipSpec;
using questions::test::GreyPicture;

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
  input::ImageSpec picture;
  picture.width = 2;
  picture.height = 2;
  picture.channels = input::Channels::kGray;
  picture.scale = {1.0F / 255, 1.0F / 255, 1.0F / 255};
  spec.input = picture;
  spec.redundant_when = "count == 0";
  spec.operating_points = {{0.8F, 0.95F, 0.6F, 0.5F}, {0.9F, 0.95F, 0.3F, 0.4F}};
  return spec;
}

std::unique_ptr<SkipQuestion> mean_question(const std::string& onnx) {
  auto network = run::Network::load(as_bytes(onnx), mean_spec().input, run::gate_loading());
  if (!network) FAIL(network.error().message);
  auto question = SkipQuestion::make(std::make_shared<SharedNetwork>(*std::move(network)), mean_spec());
  if (!question) FAIL(question.error().message);
  return *std::move(question);
}

}  // namespace

TEST_CASE("inputs below the threshold of the budget's point are skipped") {
  const std::string onnx = mean_network();
  const auto question = mean_question(onnx);
  CHECK(question->name() == "skip");
  InputId id = 0;
  const auto ask = [&](std::uint8_t value) {
    const GreyPicture picture(value);
    const input::InputView view = picture.view();
    auto verdict = question->ask({view, ++id, Instant{}});
    if (!verdict) FAIL(verdict.error().message);
    CHECK(verdict->score == doctest::Approx(value / 255.0).epsilon(0.01));
    CHECK((verdict->kind == AnswerKind::kSkipped) == (verdict->score < verdict->threshold));
    return *std::move(verdict);
  };
  CHECK_FALSE(ask(0).kind.has_value());  // without a budget nothing is skipped
  CHECK(question->set_error_budget(0.1F) == doctest::Approx(0.1));
  CHECK(ask(51).kind.has_value());  // 0.2 < 0.3
  CHECK_FALSE(ask(128).kind.has_value());
  CHECK(question->set_error_budget(0.25F) == doctest::Approx(0.2));
  CHECK(ask(128).kind.has_value());  // 0.5 < 0.6
  CHECK(question->set_error_budget(0.01F) == 0.0F);
  CHECK_FALSE(ask(0).kind.has_value());  // no point spends so little: every input passes
}

TEST_CASE("a client asks it and gives its reason") {
  const std::string onnx = mean_network();
  std::vector<std::unique_ptr<Question>> questions;
  questions.push_back(mean_question(onnx));
  Manifest manifest;
  manifest.model.part = "model";
  ClientOptions options;
  options.place = ModelPlace::kLocal;
  Client client(manifest, std::move(questions), options, nullptr);
  REQUIRE(client.offer(GreyPicture(0).view(), Instant{}).has_value());
  auto event = client.next_event();
  REQUIRE((event && std::holds_alternative<Answered>(*event)));
  CHECK(std::get<Answered>(*event).answer.reason == "skip score 0.000 < threshold 0.300 (may err on 10 %)");
  REQUIRE(client.offer(GreyPicture(255).view(), Instant{}).has_value());
  event = client.next_event();
  REQUIRE((event && std::holds_alternative<RunWanted>(*event)));
  CHECK(client.set_accuracy_target(0.5F) == doctest::Approx(0.8));
}
