#include "bindings/c/sluice.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/bindings/c/tiny_onnx.hpp"

using sluice::c::test::Error;

namespace {

sluice_tensor picture(const std::vector<float>& values, std::int64_t side) {
  sluice_tensor tensor{};
  tensor.type = 1;
  tensor.rank = 4;
  const std::array<std::int64_t, 4> dims{1, 3, side, side};
  std::copy(dims.begin(), dims.end(), tensor.dims);
  tensor.bytes = {values.data(), values.size() * sizeof(float)};
  return tensor;
}

struct Loaded {
  sluice_model* handle = nullptr;
  ~Loaded() { sluice_model_destroy(handle); }
};

}  // namespace

#if defined(__EMSCRIPTEN__) && !defined(__EMSCRIPTEN_PTHREADS__)
constexpr bool kHasThreads = false;
#else
constexpr bool kHasThreads = true;
#endif

TEST_CASE("more than one thread is refused in a module without threads, and runs in any other") {
  Error error;
  Loaded model;
  const std::string onnx = sluice::c::test::mean_colour(8);
  sluice_model_options options{};
  options.struct_size = sizeof(options);
  options.threads = 2;
  const auto status = sluice_model_load(onnx.data(), onnx.size(), &options, &model.handle, &error);
  CHECK(status == (kHasThreads ? SLUICE_OK : SLUICE_UNSUPPORTED_ENVIRONMENT));
}

TEST_CASE("a model loads, describes itself, runs and gives its output") {
  Error error;
  Loaded model;
  std::string onnx = sluice::c::test::mean_colour(8);
  sluice_model_options options{};
  options.struct_size = sizeof(options);
  options.threads = kHasThreads ? 2 : 1;
  REQUIRE(sluice_model_load(onnx.data(), onnx.size(), &options, &model.handle, &error) == SLUICE_OK);
  onnx.assign(onnx.size(), '\xff');  // what a call is given may go after it

  sluice_model_info info{};
  info.struct_size = sizeof(info);
  REQUIRE(sluice_model_inspect(model.handle, &info, &error) == SLUICE_OK);
  CHECK(info.input_count == 1);
  CHECK(info.output_count == 1);
  CHECK(info.threads >= 1);
  CHECK(info.nodes_read == 2);

  sluice_tensor described{};
  REQUIRE(sluice_model_describe_input(model.handle, 0, &described, &error) == SLUICE_OK);
  CHECK(std::string(static_cast<const char*>(described.name.data), described.name.length) == "picture");
  CHECK(described.rank == 4);
  CHECK(described.dims[3] == 8);
  CHECK(sluice_model_describe_input(model.handle, 1, &described, &error) == SLUICE_NOT_FOUND);

  std::vector<float> values(3 * 64, 0.25F);
  std::fill_n(values.begin(), 64, 0.75F);
  const sluice_tensor input = picture(values, 8);
  for (int round = 0; round < 3; ++round) {
    REQUIRE(sluice_model_run(model.handle, &input, 1, &error) == SLUICE_OK);
    sluice_tensor output{};
    REQUIRE(sluice_model_output(model.handle, 0, &output, &error) == SLUICE_OK);
    REQUIRE(output.bytes.length == 3 * sizeof(float));
    const auto* mean = static_cast<const float*>(output.bytes.data);
    CHECK(mean[0] == doctest::Approx(0.75));
    CHECK(mean[1] == doctest::Approx(0.25));
  }
}

TEST_CASE("tensors that do not fit are refused by name and number") {
  Error error;
  Loaded model;
  const std::string onnx = sluice::c::test::mean_colour(8);
  REQUIRE(sluice_model_load(onnx.data(), onnx.size(), nullptr, &model.handle, &error) == SLUICE_OK);
  const std::vector<float> values(3 * 64, 0.5F);
  sluice_tensor input = picture(values, 8);

  CHECK(sluice_model_run(model.handle, &input, 0, &error) == SLUICE_SHAPE_MISMATCH);
  CHECK(sluice_model_run(model.handle, nullptr, 1, &error) == SLUICE_INVALID_ARGUMENT);
  input.bytes.length -= 4;
  CHECK(sluice_model_run(model.handle, &input, 1, &error) == SLUICE_SHAPE_MISMATCH);
  CHECK(error.message().find("768") != std::string::npos);
  input = picture(values, 8);
  input.rank = 9;
  CHECK(sluice_model_run(model.handle, &input, 1, &error) == SLUICE_SHAPE_MISMATCH);
  input = picture(values, 8);
  input.dims[2] = -1;
  CHECK(sluice_model_run(model.handle, &input, 1, &error) == SLUICE_SHAPE_MISMATCH);
  input.dims[2] = INT64_MAX;
  CHECK(sluice_model_run(model.handle, &input, 1, &error) != SLUICE_OK);
  input = picture(values, 8);
  input.type = 300;
  CHECK(sluice_model_run(model.handle, &input, 1, &error) == SLUICE_TYPE_MISMATCH);
  input = picture(values, 8);
  input.bytes.data = nullptr;
  CHECK(sluice_model_run(model.handle, &input, 1, &error) == SLUICE_INVALID_ARGUMENT);
  sluice_tensor output{};
  CHECK(sluice_model_output(model.handle, 5, &output, &error) == SLUICE_NOT_FOUND);
}

TEST_CASE("limits and records of the wrong size are refused") {
  Error error;
  Loaded model;
  const std::string onnx = sluice::c::test::mean_colour(8);
  sluice_model_options options{};
  CHECK(sluice_model_load(onnx.data(), onnx.size(), &options, &model.handle, &error) == SLUICE_INVALID_ARGUMENT);
  CHECK(error.message().find("struct_size") != std::string::npos);
  options.struct_size = sizeof(options) - 1;
  CHECK(sluice_model_load(onnx.data(), onnx.size(), &options, &model.handle, &error) == SLUICE_INVALID_ARGUMENT);
  options.struct_size = sizeof(options);
  options.max_model_bytes = 10;
  CHECK(sluice_model_load(onnx.data(), onnx.size(), &options, &model.handle, &error) == SLUICE_MODEL_TOO_LARGE);
  options.max_model_bytes = 0;
  options.threads = 100'000;
  CHECK(sluice_model_load(onnx.data(), onnx.size(), &options, &model.handle, &error) == SLUICE_INVALID_ARGUMENT);
  CHECK(model.handle == nullptr);
  CHECK(sluice_model_load(onnx.data(), onnx.size() / 2, nullptr, &model.handle, &error) == SLUICE_MALFORMED_MODEL);
  CHECK(sluice_model_load(nullptr, 0, nullptr, &model.handle, &error) != SLUICE_OK);
}

TEST_CASE("an option record of a later version is understood as far as this one goes") {
  Error error;
  Loaded model;
  const std::string onnx = sluice::c::test::mean_colour(8);
  struct {
    sluice_model_options known{};
    std::uint64_t added_later = 77;
  } options;
  options.known.struct_size = sizeof(options);
  CHECK(sluice_model_load(onnx.data(), onnx.size(), &options.known, &model.handle, &error) == SLUICE_OK);
}
