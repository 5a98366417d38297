#include "core/model/arena.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <vector>

#include "core/tensor/tensor.hpp"

using namespace sluice;
using namespace sluice::model;

TEST_CASE("blocks that live at the same time never overlap, and stay aligned and padded") {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<ArenaBlock> blocks(60);
    for (ArenaBlock& block : blocks) {
      block.bytes = random() % 5000;
      block.first_step = random() % 40;
      block.last_step = block.first_step + random() % 8;
    }
    const auto size = place_blocks(blocks);
    REQUIRE(size.has_value());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const ArenaBlock& a = blocks[i];
      CHECK(a.offset % kTensorAlignment == 0);
      CHECK(a.offset + a.bytes + kTensorPadding <= *size);
      for (std::size_t j = 0; j < i; ++j) {
        const ArenaBlock& b = blocks[j];
        if (a.first_step > b.last_step || b.first_step > a.last_step) continue;
        const bool apart =
            a.offset + a.bytes + kTensorPadding <= b.offset || b.offset + b.bytes + kTensorPadding <= a.offset;
        CHECK(apart);
      }
    }
  }
}

TEST_CASE("a chain reuses two places") {
  std::vector<ArenaBlock> blocks;
  for (std::size_t step = 0; step < 20; ++step) blocks.push_back({1000, step, step + 1, 0});
  const auto size = place_blocks(blocks);
  REQUIRE(size.has_value());
  CHECK(*size <= 2 * (1000 + kTensorPadding + kTensorAlignment));
}

TEST_CASE("sizes that do not fit are reported") {
  std::vector<ArenaBlock> blocks(2, ArenaBlock{std::numeric_limits<std::size_t>::max() - 10, 0, 1, 0});
  CHECK(!place_blocks(blocks).has_value());
}
