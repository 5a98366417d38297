#include "core/reuse/neighbour_search.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "tests/core/reuse/embeddings.hpp"
#include "tests/counting_new.hpp"

using namespace sluice;
using namespace sluice::reuse;

namespace {

constexpr std::size_t kLimitBytes = std::size_t{64} << 20;

EmbeddingTable table_of(std::size_t dimension, std::size_t rows) {
  auto table = EmbeddingTable::create(dimension, rows, kLimitBytes);
  REQUIRE(table);
  return std::move(*table);
}

// Every set row by its distance, then its number.
std::vector<Neighbour> sorted_by_distance(const std::vector<std::vector<float>>& rows, std::span<const float> query) {
  std::vector<Neighbour> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].empty()) all.push_back({test::plain_distance<float>(query, rows[i]), static_cast<std::uint32_t>(i)});
  }
  std::ranges::sort(all, [](const Neighbour& a, const Neighbour& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
  });
  return all;
}

}  // namespace

TEST_CASE("the search finds what sorting all distances finds, whatever the sizes, the holes and the bound") {
  test::Numbers numbers(11);
  for (const std::size_t dimension : {1U, 3U, 16U, 64U, 65U}) {
    for (const std::size_t rows : {1U, 63U, 64U, 65U, 500U}) {
      EmbeddingTable table = table_of(dimension, rows);
      std::vector<std::vector<float>> kept(rows);
      for (std::uint32_t row = 0; row < rows; ++row) {
        kept[row] = numbers.embedding(dimension);
        if (dimension == 1) kept[row][0] = std::round(kept[row][0] * 4);  // many equal distances
        table.set(row, kept[row]);
      }
      for (std::uint32_t row = 0; row < rows; row += 7) {
        kept[row].clear();
        table.unset(row);
      }
      for (const std::size_t k : {1U, 2U, 10U, 600U}) {
        const std::vector<float> query = numbers.embedding(dimension);
        const std::vector<Neighbour> expected = sorted_by_distance(kept, query);
        const float half_way = expected.empty() ? 1.0F : expected[expected.size() / 2].distance;
        for (const float bound : {EmbeddingTable::kNoBound, half_way, 0.0F}) {
          CAPTURE(dimension);
          CAPTURE(rows);
          CAPTURE(k);
          CAPTURE(bound);
          std::vector<Neighbour> found(k);
          const std::size_t count = table.nearest(query, bound, found);
          const auto within = std::ranges::count_if(expected, [&](const Neighbour& n) { return n.distance <= bound; });
          REQUIRE(count == std::min(k, static_cast<std::size_t>(within)));
          for (std::size_t i = 0; i < count; ++i) {
            CHECK(found[i].row == expected[i].row);
            CHECK(found[i].distance == expected[i].distance);
          }
        }
      }
    }
  }
}

TEST_CASE("among equal distances the lower rows are found, in order") {
  EmbeddingTable table = table_of(2, 200);
  const std::array<float, 2> same = {1, 1};
  for (const std::uint32_t row : {150U, 3U, 70U, 199U, 64U}) table.set(row, same);
  std::array<Neighbour, 3> found;
  REQUIRE(table.nearest(same, 0, found) == 3);
  CHECK(found[0].row == 3);
  CHECK(found[1].row == 64);
  CHECK(found[2].row == 70);
}

TEST_CASE("rows that are not set, or whose distance overflows, are never found") {
  EmbeddingTable table = table_of(2, 10);
  const std::array<float, 2> origin = {0, 0};
  const std::array<float, 2> far = {3e38F, 3e38F};
  std::array<Neighbour, 4> found;
  CHECK(table.nearest(origin, EmbeddingTable::kNoBound, found) == 0);
  table.set(5, far);
  CHECK(table.nearest(origin, std::numeric_limits<float>::infinity(), found) == 0);
  CHECK(table.nearest(far, EmbeddingTable::kNoBound, found) == 1);
  table.set(6, origin);
  CHECK(table.nearest(origin, std::numeric_limits<float>::quiet_NaN(), found) == 0);
  CHECK(table.nearest(origin, -1, found) == 0);
  CHECK(table.nearest(origin, 0, {}) == 0);
  table.unset_all();
  CHECK(table.nearest(origin, EmbeddingTable::kNoBound, found) == 0);
}

TEST_CASE("a table of an impossible size is refused") {
  CHECK(EmbeddingTable::create(0, 1, kLimitBytes).error().code == ErrorCode::kInvalidArgument);
  CHECK(EmbeddingTable::create(4097, 1, kLimitBytes).error().code == ErrorCode::kInvalidArgument);
  CHECK(EmbeddingTable::create(1, 0, kLimitBytes).error().code == ErrorCode::kInvalidArgument);
  CHECK(EmbeddingTable::create(1, SIZE_MAX, kLimitBytes).error().code == ErrorCode::kInvalidArgument);
  CHECK(EmbeddingTable::create(4096, std::size_t{1} << 20, kLimitBytes).error().code == ErrorCode::kOutOfMemory);
  CHECK(EmbeddingTable::create(64, 64, 64 * 64 * 4));
  CHECK(EmbeddingTable::create(64, 65, 64 * 64 * 4).error().code == ErrorCode::kOutOfMemory);
}

TEST_CASE("neither setting rows nor searching allocates") {
  EmbeddingTable table = table_of(64, 300);
  const std::vector<float> embedding = test::Numbers(1).embedding(64);
  std::array<Neighbour, 10> found;
  const std::size_t before = test::allocation_count();
  for (std::uint32_t row = 0; row < 300; ++row) table.set(row, embedding);
  CHECK(table.nearest(embedding, EmbeddingTable::kNoBound, found) == 10);
  CHECK(test::allocation_count() == before);
}
