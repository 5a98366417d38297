// What the REUSE question learns and forgets, asked by itself over a real network whose embedding is a 2 x 2 grey picture's four
// pixels from 0 to 1; and networks that give it nothing to go by.
#include "core/questions/reuse/reuse_question.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>

#include "core/model/onnx_writer.hpp"
#include "tests/core/questions/grey_picture.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using questions::ReuseQuestion;
using questions::ReuseSpec;
using questions::test::GreyPicture;

namespace {

// The mean as the probability for SKIP, the pixels as the embedding.
std::string pixels_network() {
  model::OnnxWriter onnx("pixels");
  onnx.add_input("picture", DataType::kFloat32, {1, 1, 2, 2});
  onnx.add_output("needed", DataType::kFloat32, {1, 1});
  onnx.add_output("embedding", DataType::kFloat32, {1, 4});
  onnx.add_node("GlobalAveragePool", {"picture"}, {"pooled"});
  onnx.add_node("Flatten", {"pooled"}, {"needed"});
  onnx.add_node("Flatten", {"picture"}, {"embedding"});
  return onnx.finish();
}

input::ImageSpec grey_picture() {
  input::ImageSpec picture;
  picture.width = 2;
  picture.height = 2;
  picture.channels = input::Channels::kGray;
  picture.scale = {1.0F / 255, 1.0F / 255, 1.0F / 255};
  return picture;
}

ReuseSpec pixels_spec() {
  ReuseSpec spec;
  spec.part = "filter";
  spec.output = "embedding";
  spec.input = grey_picture();
  spec.max_entries = 8;
  spec.max_age_ms = 1000;
  spec.operating_points = {{0.8F, 0.95F, 0.4F, 0.5F}, {0.9F, 0.95F, 0.1F, 0.4F}};
  return spec;
}

const std::string& pixels_onnx() {
  static const std::string onnx = pixels_network();
  return onnx;
}

const output::AgreementSpec kCloseNumbers{"numbers", 0.5F, 0.5F};

Result<std::unique_ptr<ReuseQuestion>> question_of(const std::string& onnx, const ReuseSpec& spec,
                                                   const output::AgreementSpec& agree_when = kCloseNumbers) {
  auto network = run::Network::load(as_bytes(onnx), spec.input, run::full_loading());
  if (!network) return fail(network.error());
  return ReuseQuestion::make(std::make_shared<SharedNetwork>(*std::move(network)), spec, {"pixels", "1"}, agree_when);
}

std::unique_ptr<ReuseQuestion> pixels_question(const ReuseSpec& spec = pixels_spec(),
                                               const output::AgreementSpec& agree_when = kCloseNumbers) {
  auto question = question_of(pixels_onnx(), spec, agree_when);
  if (!question) FAIL(question.error().message);
  return *std::move(question);
}

Instant at_ms(std::int64_t milliseconds) { return Instant{std::chrono::milliseconds(milliseconds)}; }

Verdict ask(ReuseQuestion& question, InputId id, std::uint8_t value, std::int64_t ms = 0) {
  const GreyPicture picture(value);
  const input::InputView view = picture.view();
  auto verdict = question.ask({view, id, at_ms(ms)});
  if (!verdict) FAIL(verdict.error().message);
  return *std::move(verdict);
}

std::vector<OutputTensor> result(float number, std::int64_t copies = 1) {
  std::vector<OutputTensor> outputs(1);
  outputs[0].name = "number";
  outputs[0].tensor = *Tensor::create(DataType::kFloat32, {copies});
  for (float& value : outputs[0].tensor.as<float>()) value = number;
  return outputs;
}

void learn(ReuseQuestion& question, InputId id, float number, std::int64_t ms = 0) {
  Answer answer;
  answer.input = id;
  answer.outputs = result(number);
  answer.cost.round_trip = std::chrono::milliseconds(30);
  question.learn(answer, at_ms(ms));
  question.forget(id);  // as the client does when an input ends
}

}  // namespace

TEST_CASE("what the model answered is handed out for a near input, as a copy of its own") {
  const auto question = pixels_question();
  CHECK(question->name() == "reuse");
  CHECK(question->set_error_budget(0.25F) == doctest::Approx(0.2));
  const Verdict first = ask(*question, 1, 100);
  CHECK_FALSE(first.kind);
  CHECK(first.score == std::numeric_limits<float>::max());
  CHECK(first.threshold == 0.4F);
  learn(*question, 1, 3);
  CHECK(question->cache().entries() == 1);

  Verdict near = ask(*question, 2, 110);
  CHECK(near.kind == AnswerKind::kReused);
  CHECK(near.score == doctest::Approx(4 * 10 / 255.0).epsilon(0.01));
  REQUIRE(near.outputs.size() == 1);
  CHECK(near.outputs[0].name == "number");
  CHECK(near.outputs[0].tensor.as<float>()[0] == 3);
  near.outputs[0].tensor.as<float>()[0] = 99;
  CHECK(ask(*question, 3, 100).outputs.at(0).tensor.as<float>()[0] == 3);

  const Verdict far = ask(*question, 4, 200);
  CHECK_FALSE(far.kind);
  CHECK(far.outputs.empty());
  CHECK(far.score > far.threshold);
}

TEST_CASE("the error budget picks the distance; without one nothing is reused") {
  const auto question = pixels_question();
  ask(*question, 1, 100);
  learn(*question, 1, 3);
  CHECK_FALSE(ask(*question, 2, 100).kind);
  CHECK(question->set_error_budget(0.1F) == doctest::Approx(0.1));
  CHECK(ask(*question, 3, 100).kind);
  CHECK_FALSE(ask(*question, 4, 115).kind);  // 0.24 away; 0.1 is allowed
  CHECK(question->set_error_budget(0.2F) == doctest::Approx(0.2));
  CHECK(ask(*question, 5, 115).kind);
  CHECK(question->set_error_budget(0.05F) == 0.0F);
  CHECK_FALSE(ask(*question, 6, 100).kind);
}

TEST_CASE("an input that got no answer of the model is not learned, nor one that was never asked about") {
  const auto question = pixels_question();
  question->set_error_budget(0.2F);
  ask(*question, 1, 100);
  question->forget(1);
  learn(*question, 1, 3);
  learn(*question, 77, 3);
  learn(*question, 0, 3);
  CHECK(question->cache().entries() == 0);
}

TEST_CASE("answers may come in any order and for many inputs under way") {
  ReuseSpec spec = pixels_spec();
  spec.max_entries = 300;
  const auto question = pixels_question(spec);
  for (InputId id = 1; id <= 200; ++id) ask(*question, id, static_cast<std::uint8_t>(id));
  for (InputId id = 200; id > 0; --id) learn(*question, id, static_cast<float>(id));
  CHECK(question->cache().entries() == 200);
  question->set_error_budget(0.1F);
  // Nobody else is as near as an equal picture; those next to it have little weight against it.
  CHECK(ask(*question, 201, 150).outputs.at(0).tensor.as<float>()[0] == 150);
}

TEST_CASE("a result that does not fit into the cache is not learned, and the question goes on") {
  ReuseSpec spec = pixels_spec();
  spec.max_bytes = 4096;
  const auto question = pixels_question(spec);
  question->set_error_budget(0.2F);
  ask(*question, 1, 100);
  Answer answer;
  answer.input = 1;
  answer.outputs = result(3, 5000);
  question->learn(answer, at_ms(0));
  CHECK(question->cache().entries() == 0);
  ask(*question, 2, 100);
  learn(*question, 2, 3);
  CHECK(ask(*question, 3, 100).kind);
}

TEST_CASE("embeddings of inputs on their way are bounded by max_bytes, and those beyond go unlearned") {
  ReuseSpec spec = pixels_spec();
  spec.max_bytes = 8192;
  const auto question = pixels_question(spec);
  question->set_error_budget(0.2F);
  const std::size_t empty = question->cache().bytes();
  constexpr InputId kMany = 1000;
  for (InputId id = 1; id <= kMany; ++id) ask(*question, id, 100);
  const std::size_t full = question->cache().bytes();
  CHECK(full > empty);
  CHECK(full <= empty + (spec.max_bytes - empty) / 4);
  for (InputId id = kMany; id > 0; --id) {
    learn(*question, id, 3);  // those beyond the bound are not known here
    if (id == kMany) CHECK(question->cache().entries() == 0);
  }
  CHECK(question->cache().entries() == 1);
  // The next one is remembered again, and what they took is free but for a few buffers.
  ask(*question, kMany + 1, 200);
  learn(*question, kMany + 1, 4);
  CHECK(question->cache().entries() == 2);
}

TEST_CASE("results that cannot be compared do not agree") {
  const auto question = pixels_question(pixels_spec(), {"boxes", 0.5F, 0});
  question->set_error_budget(0.2F);
  ask(*question, 1, 100);
  ask(*question, 2, 108);
  learn(*question, 1, 3);
  learn(*question, 2, 3);
  CHECK_FALSE(ask(*question, 3, 104).kind);
}

TEST_CASE("networks without a usable embedding are refused") {
  const auto code_of = [](const std::string& onnx, const ReuseSpec& spec) {
    const auto question = question_of(onnx, spec);
    REQUIRE_FALSE(question);
    return question.error().code;
  };
  ReuseSpec spec = pixels_spec();
  spec.output = "nothing";
  CHECK(code_of(pixels_onnx(), spec) == ErrorCode::kNotFound);

  CHECK(question_of(pixels_onnx(), pixels_spec(), {"by feel", 0.5F, 0}).error().code == ErrorCode::kNotFound);
  spec = pixels_spec();
  spec.max_bytes = 100;
  CHECK(code_of(pixels_onnx(), spec) == ErrorCode::kOutOfMemory);
  spec.max_bytes = pixels_question()->cache().bytes() + 200;  // the table, and no room for an input on its way
  CHECK(code_of(pixels_onnx(), spec) == ErrorCode::kOutOfMemory);

  const auto network = [](DataType type, std::int64_t pictures, std::string_view op) {
    const std::vector<std::int64_t> dims = {pictures, 1, 2, 2};
    model::OnnxWriter onnx("other");
    onnx.add_input("picture", DataType::kFloat32, dims);
    onnx.add_output("embedding", type, dims);
    onnx.add_node(op, {"picture"}, {"embedding"});
    return onnx.finish();
  };
  CHECK(code_of(network(DataType::kBool, 1, "IsNaN"), pixels_spec()) == ErrorCode::kTypeMismatch);
  CHECK(code_of(network(DataType::kFloat32, -1, "Relu"), pixels_spec()) == ErrorCode::kShapeMismatch);
}

TEST_CASE("an embedding that is no number fails the question, and nothing is learned from it") {
  model::OnnxWriter onnx("root");
  onnx.add_input("picture", DataType::kFloat32, {1, 1, 2, 2});
  onnx.add_output("embedding", DataType::kFloat32, {1, 1, 2, 2});
  onnx.add_node("Log", {"picture"}, {"embedding"});  // of black: minus infinity
  const std::string bytes = onnx.finish();
  auto question = question_of(bytes, pixels_spec());
  if (!question) FAIL(question.error().message);
  const GreyPicture black(0);
  const input::InputView view = black.view();
  const auto verdict = (*question)->ask({view, 1, at_ms(0)});
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code == ErrorCode::kInvalidArgument);
  learn(**question, 1, 3);
  CHECK((*question)->cache().entries() == 0);
}
