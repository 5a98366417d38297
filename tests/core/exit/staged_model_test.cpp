#include "core/exit/staged_model.hpp"

#include <doctest/doctest.h>

#include "tests/core/exit/toy_cut.hpp"
#include "tests/counting_new.hpp"

using namespace sluice;
using namespace sluice::exits;
using namespace sluice::exits::testing;

namespace {

Result<StagedModel> load(const std::string& model, const std::string& branches, std::vector<ExitPlace> places) {
  model::LoadOptions options;
  options.operators = model::all_operators();
  return StagedModel::load(as_bytes(model), as_bytes(branches), places, options);
}

StagedModel toy() {
  auto model = load(toy_model(), toy_branches(), toy_places());
  REQUIRE_MESSAGE(model.has_value(), (model ? std::string() : describe(model.error())));
  return *std::move(model);
}

// Red all over.
Tensor red() {
  auto tensor = *Tensor::create(DataType::kFloat32, {1, kClasses, kSide, kSide});
  for (std::int64_t i = 0; i < kSide * kSide; ++i) tensor.as<float>()[static_cast<std::size_t>(i)] = 1;
  return tensor;
}

Error refused(const std::string& model, const std::string& branches, std::vector<ExitPlace> places) {
  const auto loaded = load(model, branches, std::move(places));
  REQUIRE_FALSE(loaded.has_value());
  return loaded.error();
}

bool contains(const Error& error, std::string_view what) { return error.message.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("stages and exits give what the graphs say, and only what is asked for is run") {
  StagedModel model = toy();
  CHECK(model.stages() == 3);
  CHECK(model.classes() == 3);
  CHECK(model.input().name == "picture");
  CHECK(model.output().name == "logits");
  const Tensor input = red();
  REQUIRE(model.begin(input.view()));
  CHECK(model.counts().stages == 1);
  CHECK(model.counts().branches == 0);
  CHECK(model.counts().multiply_adds == kConvolution);
  auto logits = model.ask_exit();
  REQUIRE(logits);
  CHECK(std::vector<float>(logits->begin(), logits->end()) == std::vector<float>{4, 0, 0});
  CHECK(model.counts().multiply_adds == kConvolution + kHead);

  // The second exit is passed by, and its branch with it.
  REQUIRE(model.advance());
  CHECK_FALSE(model.finished());
  REQUIRE(model.advance());
  CHECK(model.finished());
  CHECK(model.counts().stages == 3);
  CHECK(model.counts().branches == 1);
  CHECK(model.counts().multiply_adds == kWhole + kHead);
  CHECK(model.answer().as<float>()[0] == 40);
  CHECK(model.answer().shape == Shape{1, 3});

  // An input that stops after the first stage costs that.
  REQUIRE(model.begin(input.view()));
  CHECK(model.counts().multiply_adds == kWhole + kHead + kConvolution);
  CHECK(model.stage_cost(0) == kConvolution);
  CHECK(model.stage_cost(2) == kConvolution + kHead);
  CHECK(model.branch_cost(1) == kHead);
}

TEST_CASE("the first stages alone give what they give in the whole model, and end at their last place") {
  model::LoadOptions options;
  options.operators = model::all_operators();
  const std::string onnx = toy_model();
  const std::string branches = toy_branches();
  const auto places = toy_places();
  auto first = StagedModel::load_first(as_bytes(onnx), as_bytes(branches), std::span(places).first(1), options);
  REQUIRE_MESSAGE(first.has_value(), (first ? std::string() : describe(first.error())));
  CHECK(first->stages() == 1);
  CHECK(first->exits() == 1);
  CHECK(first->classes() == 3);
  CHECK(first->output().name == "logits");
  CHECK(first->whole_cost() == kWhole);
  CHECK(first->tensor(0).name == "relu_0");
  const Tensor input = red();
  REQUIRE(first->begin(input.view()));
  CHECK_FALSE(first->finished());
  const auto logits = first->ask_exit();
  REQUIRE(logits);
  CHECK((*logits)[0] == 4);
  CHECK(first->reached().shape == Shape{1, 3, 8, 8});
  CHECK(first->advance().error().code == ErrorCode::kInvalidArgument);
  CHECK(first->counts().multiply_adds == kConvolution + kHead);
}

TEST_CASE("what was made elsewhere is gone on from behind its place") {
  StagedModel model = toy();
  const Tensor input = red();
  REQUIRE(model.begin_behind(0, input.view()));  // the first stage changes nothing
  CHECK(model.at() == 2);
  CHECK(model.counts().multiply_adds == kConvolution);
  const auto logits = model.ask_exit();
  REQUIRE(logits);
  CHECK((*logits)[0] == 10);
  REQUIRE(model.advance());
  CHECK(model.finished());
  CHECK(model.answer().as<float>()[0] == 40);
  REQUIRE(model.begin_behind(1, input.view()));
  CHECK(model.finished());
  CHECK(model.begin_behind(2, input.view()).error().code == ErrorCode::kInvalidArgument);
  CHECK(model.begin_behind(0, colours({{1, 0, 0}, {1, 0, 0}}).view()).error().code == ErrorCode::kShapeMismatch);
}

TEST_CASE("there is no exit before the first stage or behind the last, and no stage behind that") {
  StagedModel model = toy();
  CHECK(model.advance().error().code == ErrorCode::kInvalidArgument);
  CHECK(model.ask_exit().error().code == ErrorCode::kInvalidArgument);
  const Tensor input = red();
  REQUIRE(model.begin(input.view()));
  REQUIRE(model.advance());
  REQUIRE(model.advance());
  CHECK(model.advance().error().code == ErrorCode::kInvalidArgument);
  CHECK(model.ask_exit().error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("nothing is allocated after the first input") {
  StagedModel model = toy();
  const Tensor input = red();
  std::size_t before = 0;
  for (int i = 0; i < 3; ++i) {
    if (i == 1) before = test::allocation_count();
    CHECK(model.begin(input.view()));
    CHECK(model.ask_exit());
    CHECK(model.advance());
    CHECK(model.ask_exit());
    CHECK(model.advance());
  }
  CHECK(test::allocation_count() == before);
}

TEST_CASE("places and exits that do not fit are refused, naming them") {
  const std::string model = toy_model();
  Error error = refused(model, toy_branches(), {{"relu_9", "exit_0"}});
  CHECK(error.code == ErrorCode::kNotFound);
  CHECK(contains(error, "place 'relu_9', exit 'exit_0'"));
  error = refused(model, toy_branches(), {{"relu_0", "exit_9"}});
  CHECK(error.code == ErrorCode::kNotFound);
  CHECK(contains(error, "'exit_9'"));
  // Not in the model's order.
  error = refused(model, toy_branches(), {{"relu_1", "exit_1"}, {"relu_0", "exit_0"}});
  CHECK(error.code == ErrorCode::kInvalidArgument);
  CHECK(contains(error, "place 'relu_0'"));
  error = refused(model, toy_branches(-1, 4, 2), toy_places());
  CHECK(error.code == ErrorCode::kShapeMismatch);
  CHECK(contains(error, "place 'relu_1', exit 'exit_1': it gives 2 classes; the model 3"));
  error = refused(model, toy_branches(2), toy_places());
  CHECK(error.code == ErrorCode::kShapeMismatch);
  CHECK(contains(error, "the model gives float32 [1, 3, 8, 8], the exit reads float32 [2, 3, 8, 8]"));
}

TEST_CASE("a tensor that something goes around is no place") {
  ToyWriter writer("around");
  writer.input("picture", 1);
  writer.convolution("picture", "relu_0");
  writer.convolution("picture", "beside");
  writer.add("relu_0", "beside", "sum");
  writer.head("sum", "logits", 40, 1);
  const Error error = refused(writer.finish(), toy_branches(1), {{"relu_0", "exit_0"}});
  CHECK(error.code == ErrorCode::kInvalidArgument);
  CHECK(contains(error, "place 'relu_0'"));
  CHECK(contains(error, "'picture'"));
}

TEST_CASE("a model that answers with something else than classes is refused") {
  ToyWriter writer("map");
  writer.input("picture", 1);
  writer.convolution("picture", "relu_0");
  writer.convolution("relu_0", "map");
  writer.output("map", {1, kClasses, kSide, kSide});
  CHECK(contains(refused(writer.finish(), toy_branches(1), {{"relu_0", "exit_0"}}), "a classifier gives float32"));
}
