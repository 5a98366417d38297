// Running: shapes fixed and open, outputs that depend on values, buffers, limits, and no allocation once warm.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/counting_new.hpp"
#include "tests/core/model/onnx_builder.hpp"

using namespace sluice;
using namespace sluice::model;
using namespace sluice::model::test;

namespace {

// Convolutions, a residual, pools and a classifier; the batch is open when `batch` is -1.
std::string small_network(std::int64_t batch) {
  OnnxBuilder builder;
  builder.float_input("image", {batch, 3, 16, 16});
  builder.conv("image", "stem", 3, 8, 3, {{"strides", std::vector<std::int64_t>{2, 2}}});
  builder.add_node("Relu", {"stem"}, {"stem_active"});
  builder.conv("stem_active", "depthwise", 8, 8, 3, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}, 8);
  builder.conv("depthwise", "pointwise", 8, 8, 1);
  builder.add_node("Add", {"stem_active", "pointwise"}, {"sum"});
  builder.add_node("MaxPool", {"sum"}, {"pooled"}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}});
  builder.add_node("GlobalAveragePool", {"pooled"}, {"mean"});
  builder.add_node("Flatten", {"mean"}, {"flat"});
  builder.random_constant("w", Shape{8, 5});
  builder.add_node("Gemm", {"flat", "w"}, {"scores"});
  builder.add_node("Softmax", {"scores"}, {"probabilities"}, {{"axis", std::int64_t{-1}}});
  builder.float_output("probabilities", {batch, 5});
  return builder.finish();
}

// The output's shape is the value of an input.
std::string reshaping_network() {
  OnnxBuilder builder;
  builder.float_input("x", {2, 6});
  builder.add_input("shape", DataType::kInt64, {2});
  builder.add_node("Reshape", {"x", "shape"}, {"shaped"});
  builder.add_node("Relu", {"shaped"}, {"y"});
  builder.float_output("y", {-1, -1});
  return builder.finish();
}

TensorView shape_view(const std::vector<std::int64_t>& values) {
  return {DataType::kInt64, Shape{static_cast<std::int64_t>(values.size())}, std::as_bytes(std::span(values))};
}

}  // namespace

TEST_CASE("a warm model runs without allocating") {
  for (const std::int64_t batch : {1, -1}) {
    CAPTURE(batch);
    auto model = load(small_network(batch));
    REQUIRE(model.has_value());
    const Tensor input = random_tensor(Shape{2 - (batch == 1), 3, 16, 16}, 1);
    const TensorView view = input.view();
    REQUIRE(model->run({&view, 1}).has_value());
    const std::size_t before = sluice::test::allocation_count();
    bool all_ran = true;
    for (int i = 0; i < 5; ++i)
      all_ran = model->run({&view, 1}).has_value() && all_ran;  // doctest's own checks may allocate
    CHECK(sluice::test::allocation_count() == before);
    CHECK(all_ran);
  }
}

TEST_CASE("a warm model whose shapes depend on values runs without allocating while they stay") {
  auto model = load(reshaping_network());
  REQUIRE(model.has_value());
  const Tensor x = random_tensor(Shape{2, 6}, 1);
  const std::vector<std::int64_t> three_by_four = {3, 4};
  const TensorView inputs[] = {x.view(), shape_view(three_by_four)};
  REQUIRE(model->run(inputs).has_value());
  const std::size_t before = sluice::test::allocation_count();
  bool all_ran = true;
  for (int i = 0; i < 5; ++i) all_ran = model->run(inputs).has_value() && all_ran;
  CHECK(sluice::test::allocation_count() == before);
  CHECK(all_ran);
}

TEST_CASE("output shapes follow values that change between runs") {
  for (const bool optimize : {true, false}) {
    auto model = load(reshaping_network(), optimize);
    REQUIRE(model.has_value());
    const Tensor x = random_tensor(Shape{2, 6}, 1);
    for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{3, 4}, {12, 1}, {4, 3}, {4, 3}, {1, 12}}) {
      const TensorView inputs[] = {x.view(), shape_view(shape)};
      REQUIRE(model->run(inputs).has_value());
      CHECK(model->output(0).shape == Shape{shape[0], shape[1]});
      CHECK(model->output(0).as<float>()[11] == std::max(0.0F, x.as<float>()[11]));
    }
    const std::vector<std::int64_t> wrong = {5, 5};
    const TensorView inputs[] = {x.view(), shape_view(wrong)};
    CHECK(!model->run(inputs).has_value());
    const std::vector<std::int64_t> right = {6, 2};
    const TensorView again[] = {x.view(), shape_view(right)};
    CHECK(model->run(again).has_value());
  }
}

TEST_CASE("an open batch runs at any size, back and forth") {
  auto model = load(small_network(-1));
  auto fixed = load(small_network(1));
  REQUIRE(model.has_value());
  REQUIRE(fixed.has_value());
  const Tensor one = random_tensor(Shape{1, 3, 16, 16}, 1);
  const auto expected = run(*fixed, {one.view()});
  for (const std::int64_t batch : {1, 3, 2, 1}) {
    auto input = Tensor::create(DataType::kFloat32, Shape{batch, 3, 16, 16});
    REQUIRE(input.has_value());
    for (std::int64_t n = 0; n < batch; ++n) {
      std::ranges::copy(one.as<float>(), input->as<float>().begin() + static_cast<std::ptrdiff_t>(n * 3 * 16 * 16));
    }
    const auto outputs = run(*model, {input->view()});
    REQUIRE(outputs[0].shape() == Shape{batch, 5});
    for (std::size_t i = 0; i < outputs[0].as<float>().size(); ++i) {
      CHECK(outputs[0].as<float>()[i] == doctest::Approx(expected[0].as<float>()[i % 5]).epsilon(1e-5));
    }
  }
}

TEST_CASE("borrowed inputs without padding or alignment give the same result") {
  auto model = load(small_network(1));
  REQUIRE(model.has_value());
  const Tensor input = random_tensor(Shape{1, 3, 16, 16}, 1);
  const auto expected = run(*model, {input.view()});
  const Bytes bytes = input.view().bytes;
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::vector<std::byte> exact(bytes.size() + shift);
    std::ranges::copy(bytes, exact.begin() + static_cast<std::ptrdiff_t>(shift));
    const TensorView view{DataType::kFloat32, input.shape(), Bytes(exact).subspan(shift)};
    const auto outputs = run(*model, {view});
    CHECK(largest_difference(outputs[0], expected[0]) == 0.0);
  }
}

TEST_CASE("an output goes into another model without a copy, and back into its own") {
  OnnxBuilder builder;
  builder.float_input("x", {1, 4, 8, 8});
  builder.conv("x", "a", 4, 4, 3, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
  builder.conv("a", "y", 4, 4, 3, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
  builder.float_output("y", {1, 4, 8, 8});
  auto model = load(builder.finish());
  REQUIRE(model.has_value());
  const Tensor input = random_tensor(Shape{1, 4, 8, 8}, 1);
  const TensorView view = input.view();
  REQUIRE(model->run({&view, 1}).has_value());
  const TensorView own = model->output(0);
  CHECK(own.padded);
  const Tensor copy = *Tensor::copy_of(own);
  REQUIRE(model->run({&own, 1}).has_value());
  const Tensor again = *Tensor::copy_of(model->output(0));
  const TensorView copied = copy.view();
  REQUIRE(model->run({&copied, 1}).has_value());
  CHECK(std::ranges::equal(again.view().bytes, model->output(0).bytes));
}

TEST_CASE("wrong inputs are refused and named") {
  auto model = load(small_network(1));
  REQUIRE(model.has_value());
  const Tensor input = random_tensor(Shape{1, 3, 16, 16}, 1);
  CHECK(model->run({}).error().code == ErrorCode::kInvalidArgument);

  const TensorView wrong_shape{DataType::kFloat32, Shape{1, 3, 16, 15}, input.view().bytes};
  auto refused = model->run({&wrong_shape, 1});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == ErrorCode::kShapeMismatch);
  CHECK(refused.error().message.find("'image'") != std::string::npos);
  CHECK(refused.error().message.find("[1, 3, 16, 16]") != std::string::npos);
  CHECK(refused.error().message.find("[1, 3, 16, 15]") != std::string::npos);

  const TensorView wrong_type{DataType::kInt32, input.shape(), input.view().bytes};
  refused = model->run({&wrong_type, 1});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == ErrorCode::kTypeMismatch);

  const TensorView too_few{DataType::kFloat32, input.shape(), input.view().bytes.first(100)};
  refused = model->run({&too_few, 1});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == ErrorCode::kShapeMismatch);
}

TEST_CASE("the ONNX bytes may go after loading") {
  const Tensor input = random_tensor(Shape{1, 3, 16, 16}, 1);
  auto expected_model = load(small_network(1));
  REQUIRE(expected_model.has_value());
  const auto expected = run(*expected_model, {input.view()});
  for (const bool optimize : {true, false}) {
    auto onnx = std::make_unique<std::string>(small_network(1));
    auto model = load(*onnx, optimize);
    REQUIRE(model.has_value());
    std::ranges::fill(*onnx, '\xff');
    onnx.reset();
    const auto outputs = run(*model, {input.view()});
    CHECK(largest_difference(outputs[0], expected[0]) < 1e-5);
  }
}

TEST_CASE("outputs that are inputs, constants or the same value twice") {
  OnnxBuilder builder;
  builder.float_input("x", {2, 2});
  builder.constant<float>("c", Shape{2}, {5.0F, 6.0F});
  builder.add_node("Identity", {"x"}, {"same"});
  builder.add_node("Relu", {"x"}, {"y"});
  builder.add_node("Flatten", {"x"}, {"flat"}, {{"axis", std::int64_t{0}}});
  for (const char* name : {"x", "same", "c", "y", "y", "flat"}) builder.float_output(name);
  const std::string onnx = builder.finish();
  for (const bool optimize : {true, false}) {
    auto model = load(onnx, optimize);
    REQUIRE(model.has_value());
    REQUIRE(model->outputs().size() == 6);
    auto input = std::make_unique<Tensor>(random_tensor(Shape{2, 2}, 1));
    const Tensor copy = random_tensor(Shape{2, 2}, 1);
    const TensorView view = input->view();
    REQUIRE(model->run({&view, 1}).has_value());
    input.reset();  // outputs must not refer to it
    for (const std::size_t index : {0U, 1U, 5U}) {
      CHECK(std::ranges::equal(model->output(index).as<float>(), copy.as<float>()));
    }
    CHECK(model->output(2).as<float>()[1] == 6.0F);
    CHECK(std::ranges::equal(model->output(3).as<float>(), model->output(4).as<float>()));
    CHECK(model->output(5).shape == Shape{1, 4});
  }
}

TEST_CASE("a network that would take more memory than the limit is refused, not tried") {
  OnnxBuilder builder;
  builder.float_input("image", {1, 1, -1, -1});
  builder.conv("image", "y", 1, 64, 1);
  builder.float_output("y");
  const std::string onnx = builder.finish();
  LoadOptions options;
  options.operators = all_operators();
  options.limits.max_tensor_bytes = 1 << 20;
  options.limits.max_total_bytes = 4 << 20;
  auto model = Model::load(as_bytes(onnx), options);
  REQUIRE(model.has_value());
  const Tensor small = random_tensor(Shape{1, 1, 32, 32}, 1);
  const TensorView fits = small.view();
  CHECK(model->run({&fits, 1}).has_value());
  const Tensor large = random_tensor(Shape{1, 1, 128, 128}, 1);
  const TensorView too_large = large.view();
  const auto refused = model->run({&too_large, 1});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == ErrorCode::kOutOfMemory);
  CHECK(refused.error().message.find("y_conv") != std::string::npos);
  CHECK(model->run({&fits, 1}).has_value());
}

TEST_CASE("one constant that many nodes pack is counted each time") {
  OnnxBuilder builder;
  builder.float_input("image", {1, 64, 4, 4});
  builder.random_constant("w", Shape{64, 64, 3, 3});
  std::string last = "image";
  for (int i = 0; i < 40; ++i) {
    const std::string next = "x" + std::to_string(i);
    builder.add_node("Conv", {last, "w"}, {next}, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
    last = next;
  }
  builder.float_output(last);
  const std::string onnx = builder.finish();
  LoadOptions options;
  options.operators = all_operators();
  options.limits.max_total_bytes = 2 << 20;  // the weights are 147 kB
  const auto model = Model::load(as_bytes(onnx), options);
  REQUIRE(!model.has_value());
  CHECK(model.error().code == ErrorCode::kOutOfMemory);
}

TEST_CASE("statistics count nodes, weights and multiply-adds") {
  auto model = load(small_network(1));
  REQUIRE(model.has_value());
  CHECK(model->stats().nodes_read == 10);
  CHECK(model->stats().nodes_run < 12);
  CHECK(model->stats().weight_bytes > 0);
  CHECK(model->stats().activation_bytes > 0);
  // 7x7x8 outputs of 27 and of 9 and of 8 products each, and the classifier.
  CHECK(model->stats().multiply_adds == 49 * 8 * (27 + 9 + 8) + 40);
}
