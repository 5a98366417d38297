#include "core/reuse/block_distances.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string>

#include "tests/core/reuse/embeddings.hpp"

using namespace sluice;
using namespace sluice::reuse;

namespace {

struct Block {
  std::vector<std::vector<float>> rows;
  std::vector<float> values;
};

Block random_block(std::size_t dimension, std::uint64_t seed) {
  Block block;
  test::Numbers numbers(seed);
  block.values.resize(dimension * kBlockRows);
  for (std::size_t i = 0; i < kBlockRows; ++i) {
    block.rows.push_back(numbers.embedding(dimension));
    for (std::size_t d = 0; d < dimension; ++d) block.values[d * kBlockRows + i] = block.rows[i][d];
  }
  return block;
}

}  // namespace

TEST_CASE("every variant gives a plain float loop's sum, bit for bit, and a double loop's within its rounding") {
  for (const std::size_t dimension : {1U, 2U, 15U, 16U, 17U, 64U, 200U, 1000U}) {
    const Block block = random_block(dimension, dimension);
    const std::vector<float> query = test::Numbers(99).embedding(dimension);
    for (const BlockVariant& variant : block_variants()) {
      CAPTURE(dimension);
      CAPTURE(std::string(variant.name));
      std::array<float, kBlockRows> sums;
      REQUIRE(
          variant.run(block.values.data(), query.data(), dimension, std::numeric_limits<float>::max(), sums.data()));
      for (std::size_t i = 0; i < kBlockRows; ++i) {
        const auto expected = test::plain_distance<float>(query, block.rows[i]);
        CHECK(std::bit_cast<std::uint32_t>(sums[i]) == std::bit_cast<std::uint32_t>(expected));
        const auto exact = test::plain_distance<double>(query, block.rows[i]);
        const double rounding = static_cast<double>(dimension) * std::numeric_limits<float>::epsilon() * exact;
        CHECK(std::abs(static_cast<double>(sums[i]) - exact) <= rounding);
      }
    }
  }
}

TEST_CASE("the sums of a fixed block are the same on every machine") {
  const Block block = random_block(64, 7);
  const std::vector<float> query = test::Numbers(8).embedding(64);
  std::uint64_t hash = 1469598103934665603ULL;
  std::array<float, kBlockRows> sums;
  REQUIRE(block_variants().back().run(block.values.data(), query.data(), 64, 1e9F, sums.data()));
  for (const float sum : sums) hash = (hash ^ std::bit_cast<std::uint32_t>(sum)) * 1099511628211ULL;
  CHECK(hash == 6460201564134826857U);
}

TEST_CASE("a bound that a single row meets keeps the block; one below it, or rows at infinity, give it up") {
  const std::size_t dimension = 40;
  const Block block = random_block(dimension, 3);
  const std::vector<float> query = test::Numbers(4).embedding(dimension);
  float nearest = std::numeric_limits<float>::max();
  for (const auto& row : block.rows) nearest = std::min(nearest, test::plain_distance<float>(query, row));
  const std::vector<float> unset(dimension * kBlockRows, std::numeric_limits<float>::infinity());
  for (const BlockVariant& variant : block_variants()) {
    CAPTURE(std::string(variant.name));
    std::array<float, kBlockRows> sums;
    CHECK(variant.run(block.values.data(), query.data(), dimension, nearest, sums.data()));
    CHECK(*std::ranges::min_element(sums) == nearest);
    CHECK_FALSE(variant.run(block.values.data(), query.data(), dimension, std::nextafter(nearest, 0.0F), sums.data()));
    CHECK_FALSE(variant.run(unset.data(), query.data(), dimension, std::numeric_limits<float>::max(), sums.data()));
  }
}
