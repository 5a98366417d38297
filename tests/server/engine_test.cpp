// The engines by themselves: both run the same model to the same result, and say what is wrong.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "server/bench/identity_model.hpp"
#include "server/engine/engine_choice.hpp"
#include "server/engine/onnxruntime_library.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("a missing library is a typed error that names the path") {
  const auto missing = server::choose_engine("onnxruntime", "/nowhere/libonnxruntime.so.1", 1);
  REQUIRE(!missing);
  CHECK(missing.error().code == ErrorCode::kEngineUnavailable);
  CHECK(missing.error().message.find("/nowhere/libonnxruntime.so.1") != std::string::npos);
  const auto unknown = server::choose_engine("tensorflow", "", 1);
  REQUIRE(!unknown);
  CHECK(unknown.error().code == ErrorCode::kInvalidArgument);
  // A library, but another one.
  const auto other = server::choose_engine("onnxruntime", "libm.so.6", 1);
  REQUIRE(!other);
  CHECK(other.error().message.find("not ONNX Runtime") != std::string::npos);
}

TEST_CASE("bytes that are no model are refused by both engines") {
  for (const char* name : {"onnxruntime", "xnnpack"}) {
    auto engine = real_engine(name);
    const std::string garbage(1000, 'x');
    CHECK(!engine->load(as_bytes(garbage)));
    CHECK(!engine->load({}));
    const auto half = retinaface_onnx().substr(0, retinaface_onnx().size() / 2);
    CHECK(!engine->load(as_bytes(half)));
  }
}

TEST_CASE("both engines agree on RetinaFace") {
  std::vector<float> input(std::size_t{3} * 640 * 640);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>((i * 7919) % 256);
  const TensorView view{DataType::kFloat32, {1, 3, 640, 640}, std::as_bytes(std::span(input))};
  auto onnxruntime = real_engine("onnxruntime");
  auto xnnpack = real_engine("xnnpack");
  auto first = onnxruntime->load(as_bytes(retinaface_onnx()));
  auto second = xnnpack->load(as_bytes(retinaface_onnx()));
  REQUIRE(first);
  if (!second) FAIL(describe(second.error()));
  auto first_stage = (*first)->make_stage();
  auto second_stage = (*second)->make_stage();
  REQUIRE(first_stage);
  REQUIRE(second_stage);
  REQUIRE((*first_stage)->run({&view, 1}));
  REQUIRE((*second_stage)->run({&view, 1}));
  REQUIRE((*first)->outputs().size() == (*second)->outputs().size());
  for (std::size_t i = 0; i < (*first)->outputs().size(); ++i) {
    CHECK((*first)->outputs()[i].name == (*second)->outputs()[i].name);
    const auto a = (*first_stage)->output(i);
    const auto b = (*second_stage)->output(i);
    REQUIRE(a.shape == b.shape);
    float largest = 0;
    for (std::size_t k = 0; k < a.as<float>().size(); ++k)
      largest = std::max(largest, std::abs(a.as<float>()[k] - b.as<float>()[k]));
    CHECK(largest < 2e-3F);
  }
}

TEST_CASE("inputs are checked before the engine sees them") {
  auto engine = real_engine();
  const auto onnx = server::identity_onnx(2);
  auto model = engine->load(as_bytes(onnx));
  REQUIRE(model);
  auto stage = (*model)->make_stage();
  REQUIRE(stage);
  const std::vector<float> values(12, 1.5F);
  TensorView view{DataType::kFloat32, {1, 3, 2, 2}, std::as_bytes(std::span(values))};
  REQUIRE((*stage)->run({&view, 1}));
  CHECK((*stage)->output(0).as<float>()[11] == 1.5F);
  auto wrong = view;
  wrong.shape = {1, 3, 4, 1};
  CHECK((*stage)->run({&wrong, 1}).error().code == ErrorCode::kShapeMismatch);
  wrong = view;
  wrong.type = DataType::kInt32;
  CHECK((*stage)->run({&wrong, 1}).error().code == ErrorCode::kTypeMismatch);
  wrong = view;
  wrong.bytes = wrong.bytes.first(40);
  CHECK((*stage)->run({&wrong, 1}).error().code == ErrorCode::kShapeMismatch);
  CHECK((*stage)->run({}).error().code == ErrorCode::kInvalidArgument);
  REQUIRE((*stage)->run({&view, 1}));
}
