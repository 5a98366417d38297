// What the symbols of a tensor at a cut stand for, and how it is coded.
#include "native/train/exits/cut_coding.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/split/feature_coder.hpp"

using namespace sluice;
using namespace sluice::train::exits;

namespace {

std::vector<float> lloyd_values(std::span<const float> samples, std::size_t count) {
  return SortedSamples(samples).lloyd_values(count);
}

double squared_error(std::span<const float> samples, std::span<const float> values) {
  double sum = 0;
  for (const float sample : samples) {
    double least = 1e30;
    for (const float value : values) {
      least = std::min(least, std::pow(static_cast<double>(sample) - static_cast<double>(value), 2));
    }
    sum += least;
  }
  return sum;
}

// As a ReLU leaves them: every second one 0.
std::vector<float> relu_samples(std::size_t count) {
  std::mt19937 random(3);
  std::normal_distribution<float> value(0, 1);
  std::vector<float> samples;
  for (std::size_t i = 0; i < count; ++i) samples.push_back(std::max(value(random), 0.0F));
  return samples;
}

}  // namespace

TEST_CASE("values lie where the samples are, and grow") {
  const std::vector<float> two{0, 0, 0, 5, 5, 5.2F, 4.8F};
  const auto found = lloyd_values(two, 2);
  REQUIRE(found.size() == 2);
  CHECK(found[0] == 0);
  CHECK(found[1] == doctest::Approx(5));

  const auto samples = relu_samples(20'000);
  double before = 1e30;
  for (const std::size_t count : {2, 4, 8, 16}) {
    const auto values = lloyd_values(samples, count);
    CHECK(values.size() == count);
    CHECK(std::ranges::is_sorted(values));
    CHECK(values.front() >= 0);
    const double error = squared_error(samples, values);
    CHECK(error < before / 2);
    before = error;
    // Better than equal steps.
    std::vector<float> steps;
    for (std::size_t i = 0; i < count; ++i) steps.push_back(4.0F * static_cast<float>(i) / static_cast<float>(count));
    CHECK(error < squared_error(samples, steps));
  }
}

TEST_CASE("samples of few values take no more, and outliers do not draw all values to them") {
  CHECK(lloyd_values(std::vector<float>{3, 3, 3}, 4) == std::vector<float>{3});
  CHECK(lloyd_values(std::vector<float>{1}, 16) == std::vector<float>{1});
  auto samples = relu_samples(20'000);
  const double before = squared_error(samples, lloyd_values(samples, 8));
  auto with = samples;
  with[5] = 1000;
  CHECK(squared_error(samples, lloyd_values(with, 8)) < 3 * before);
}

TEST_CASE("the section knows a symbol for each value that is left, and codes what it learned from") {
  std::vector<float> tensors = relu_samples(std::size_t{10} * 2 * 4 * 4);
  const Shape shape{1, 2, 4, 4};
  auto values = lloyd_values(tensors, 6);
  values.push_back(1e5F);  // that no sample is nearest to
  const auto coding = learn_cut_coding(tensors, shape, values);
  REQUIRE_MESSAGE(coding.has_value(), (coding ? std::string() : describe(coding.error())));
  CHECK(coding->values.size() == 6);
  auto coder = split::FeatureCoder::create(as_bytes(coding->section), coding->values);
  REQUIRE_MESSAGE(coder.has_value(), (coder ? std::string() : describe(coder.error())));
  CHECK(coder->tensor_shape() == shape);
  const auto payload = coder->code(*view_of(std::span<const float>(tensors).first(32), shape));
  REQUIRE(payload);
  CHECK(payload->size() < 32);

  // Values on both sides of 0, and far from it.
  for (float& one : tensors) one -= 0.7F;
  CHECK(learn_cut_coding(tensors, shape, lloyd_values(tensors, 5)).has_value());
  for (float& one : tensors) one += 100;
  CHECK(learn_cut_coding(tensors, shape, lloyd_values(tensors, 5)).has_value());
  CHECK(learn_cut_coding(tensors, shape, {1}).error().code == ErrorCode::kInvalidArgument);
}
