#include "core/tensor/tensor.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace sluice;

TEST_CASE("a shape counts its elements and says when they do not fit") {
  CHECK(Shape{}.element_count() == 1);
  CHECK(Shape{2, 3, 4}.element_count() == 24);
  CHECK(Shape{2, 0, 4}.element_count() == 0);
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  CHECK_FALSE(Shape{huge, huge}.element_count().has_value());
}

TEST_CASE("untrusted dimensions are refused") {
  const std::vector<std::int64_t> negative{2, -1};
  const std::vector<std::int64_t> deep(Shape::kMaxRank + 1, 1);
  CHECK_FALSE(Shape::make(negative).has_value());
  CHECK_FALSE(Shape::make(deep).has_value());
}

TEST_CASE("an owned tensor is zeroed, aligned and padded") {
  auto tensor = Tensor::create(DataType::kFloat32, {3, 5});
  REQUIRE(tensor);
  CHECK(tensor->view().bytes.size() == 60);
  CHECK(reinterpret_cast<std::uintptr_t>(tensor->view().bytes.data()) % kTensorAlignment == 0);
  for (float value : tensor->as<float>()) CHECK(value == 0.0F);
  // Readable past the end: a sanitizer would report it otherwise.
  unsigned sum = 0;
  const std::byte* end = tensor->view().bytes.data() + 60;
  for (std::size_t i = 0; i < kTensorPadding; ++i) sum += std::to_integer<unsigned>(end[i]);
  CHECK(sum == 0);
}

TEST_CASE("a tensor beyond the limit is an error that names shape and limit") {
  const auto tensor = Tensor::create(DataType::kFloat32, {1000, 1000}, 1000);
  REQUIRE_FALSE(tensor);
  CHECK(tensor.error().code == ErrorCode::kOutOfMemory);
  CHECK(tensor.error().message.find("[1000, 1000]") != std::string::npos);
  CHECK(tensor.error().message.find("1000 bytes") != std::string::npos);
}

TEST_CASE("resizing to something smaller keeps the buffer") {
  auto tensor = Tensor::create(DataType::kFloat32, {64});
  REQUIRE(tensor);
  const std::byte* before = tensor->view().bytes.data();
  REQUIRE(tensor->resize(DataType::kUint8, {32}));
  CHECK(tensor->view().bytes.data() == before);
  CHECK(tensor->view().bytes.size() == 32);
}

TEST_CASE("a copy wants as many bytes as its shape") {
  const std::vector<float> values{1, 2, 3, 4};
  const auto view = view_of(std::span<const float>(values), {2, 2});
  REQUIRE(view);
  const auto copy = Tensor::copy_of(*view);
  REQUIRE(copy);
  CHECK(copy->as<float>()[3] == 4.0F);
  CHECK_FALSE(view_of(std::span<const float>(values), {3, 2}).has_value());
  CHECK_FALSE(Tensor::copy_of({DataType::kFloat32, {5}, view->bytes}).has_value());
}
