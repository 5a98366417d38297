#include "core/exit/staged_program.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "core/run/network.hpp"
#include "tests/core/exit/toy_cut.hpp"

using namespace sluice;
using namespace sluice::exits;
using namespace sluice::exits::testing;

namespace {

input::InputSpec pictures(std::uint32_t side = kSide) {
  input::ImageSpec spec;
  spec.width = spec.height = side;
  spec.scale = {1.0F / 255, 1.0F / 255, 1.0F / 255};
  return spec;
}

Result<StagedProgram> load(const std::string& branches, const input::InputSpec& spec = pictures()) {
  const run::Loading loading = run::full_loading();
  const std::string model = toy_model();
  auto staged = StagedModel::load(as_bytes(model), as_bytes(branches), toy_places(), loading.model);
  REQUIRE_MESSAGE(staged.has_value(), (staged ? std::string() : describe(staged.error())));
  return StagedProgram::make(*std::move(staged), ExitRule::kMaxProbability, spec, loading.preprocessors);
}

struct Red {
  Red() : pixels(kSide * kSide * 3) {
    for (std::size_t i = 0; i < pixels.size(); i += 3) pixels[i] = std::byte{255};
    view = *input::make_image(input::PixelFormat::kRgb8, kSide, kSide, pixels);
  }
  std::vector<std::byte> pixels;
  input::ImageView view;
};

}  // namespace

TEST_CASE("a stage gives its exit's logits and how sure it is, nothing, or the model's own output") {
  auto program = load(toy_branches());
  REQUIRE(program);
  const Red red;
  auto made = program->run(7, red.view, 0, true);
  REQUIRE(made);
  REQUIRE(made->size() == 2);
  CHECK((*made)[kLogitsOutput].name == "logits");
  CHECK((*made)[kLogitsOutput].tensor.shape() == Shape{1, 3});
  CHECK((*made)[kLogitsOutput].tensor.as<float>()[0] == doctest::Approx(4));
  CHECK((*made)[kConfidenceOutput].tensor.as<float>()[0] == doctest::Approx(sure_of_one(4)));
  made = program->run(7, red.view, 1, false);
  REQUIRE(made);
  CHECK(made->empty());
  made = program->run(7, red.view, 2, false);
  REQUIRE(made);
  REQUIRE(made->size() == 1);
  CHECK((*made)[0].tensor.as<float>()[0] == doctest::Approx(40));
  CHECK(program->model().counts().branches == 1);
  CHECK(program->model_multiply_adds() == kWhole);
}

TEST_CASE("a stage goes on from its own input's one before, and from nothing else") {
  auto program = load(toy_branches());
  REQUIRE(program);
  const Red red;
  const auto refused = [&](std::uint64_t key, std::uint32_t stage) {
    const auto made = program->run(key, red.view, stage, true);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::kInvalidArgument);
  };
  refused(1, 1);  // nothing has begun
  REQUIRE(program->run(1, red.view, 0, true));
  REQUIRE(program->run(2, red.view, 0, true));
  refused(1, 1);  // another input's features are held
  refused(2, 1);  // and none after a failure
  REQUIRE(program->run(2, red.view, 0, true));
  refused(2, 2);
  REQUIRE(program->run(3, red.view, 0, true));
  REQUIRE(program->run(3, red.view, 1, true));
  REQUIRE(program->run(3, red.view, 2, true));
  refused(3, 3);
}

TEST_CASE("an exit's logits that are no numbers fail the stage, and other pictures than the model's are refused") {
  auto program = load(toy_branches(-1, std::numeric_limits<float>::quiet_NaN()));
  REQUIRE(program);
  const Red red;
  CHECK(program->run(1, red.view, 0, true).error().code == ErrorCode::kExecutionFailed);
  CHECK(program->run(1, red.view, 0, false).has_value());
  CHECK(load(toy_branches(), pictures(kSide + 1)).error().code == ErrorCode::kShapeMismatch);
}

TEST_CASE("what a stage left is coded for the key it was run for, and not for any other") {
  auto program = load(toy_branches());
  REQUIRE(program);
  const Red red;
  CHECK(program->code(7, 0).error().code == ErrorCode::kInvalidArgument);  // the model is not cut
  const std::string coding = toy_coding();
  auto coder = split::FeatureCoder::create(as_bytes(coding), toy_values());
  REQUIRE(coder);
  const std::string flat = toy_coding(2);
  auto other = split::FeatureCoder::create(as_bytes(flat), toy_values());
  REQUIRE(other);
  CHECK(program->set_cut(0, *std::move(other)).error().code == ErrorCode::kShapeMismatch);
  CHECK(program->set_cut(2, *split::FeatureCoder::create(as_bytes(coding), toy_values())).error().code ==
        ErrorCode::kInvalidArgument);
  REQUIRE(program->set_cut(0, *std::move(coder)));
  REQUIRE(program->run(7, red.view, 0, true));
  const auto made = program->code(7, 0);
  REQUIRE(made);
  REQUIRE(made->size() == 1);
  CHECK((*made)[0].tensor.type() == DataType::kUint8);
  CHECK_FALSE((*made)[0].tensor.view().bytes.empty());
  CHECK(program->code(8, 0).error().code == ErrorCode::kInvalidArgument);
  CHECK(program->code(7, 1).error().code == ErrorCode::kInvalidArgument);
  // It has not disturbed what is held.
  REQUIRE(program->run(7, red.view, 1, false));
  CHECK(program->code(7, 0).error().code == ErrorCode::kInvalidArgument);
}
