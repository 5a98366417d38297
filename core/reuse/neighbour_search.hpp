// Exact search of the nearest embeddings by L1 distance. InFi's REUSE (MobiCom'22, section 5.2) compares two embeddings by a
// learned weighted L1 distance, sigmoid(sum w_j |a_j - b_j| + b): with w_j >= 0 the export scales the embedding by w_j, and
// the sigmoid keeps the order, so the plain distance is what is left to compute. Sums are float, dimension after dimension
// (block_distances.hpp): the same on every machine.
// The table owns its values, in one piece made at creation; neither set() nor nearest() allocates. One thread at a time.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "core/base/result.hpp"
#include "core/reuse/block_distances.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::reuse {

struct Neighbour {
  float distance = 0;
  std::uint32_t row = 0;
};

class EmbeddingTable {
 public:
  static constexpr std::size_t kMaxDimension = 4096;
  static constexpr std::size_t kMaxRows = std::size_t{1} << 20;
  // The largest finite float: a row whose distance overflows is never found, nor is a row that is not set.
  static constexpr float kNoBound = std::numeric_limits<float>::max();

  // kInvalidArgument when a size is 0 or above the largest; kOutOfMemory when the table takes more than `limit_bytes`.
  static Result<EmbeddingTable> create(std::size_t dimension, std::size_t rows, std::size_t limit_bytes);

  std::size_t dimension() const { return dimension_; }
  std::size_t bytes() const { return values_.view().bytes.size(); }

  // Precondition: `row` is below create()'s rows, `embedding` finite and of the table's dimension.
  void set(std::uint32_t row, std::span<const float> embedding);
  void unset(std::uint32_t row);
  void unset_all();

  // The rows at most `max_distance` away, nearest first and the lower row first among equals, as many as `found` has room
  // for; returns how many. Precondition: `query` is finite and of the table's dimension.
  std::size_t nearest(std::span<const float> query, float max_distance, std::span<Neighbour> found);

 private:
  EmbeddingTable(Tensor values, std::size_t dimension);
  float* first_value(std::uint32_t row);

  Tensor values_;  // [blocks, dimension, kBlockRows]; infinity where no row is set
  std::size_t dimension_ = 0;
  std::size_t used_blocks_ = 0;  // no row is set behind them
  // Where a search begins: with the rows set or found last, among which a stream's next input finds its neighbours, so that
  // most of the others are ruled out early. What is found doesn't depend on it.
  std::size_t first_block_ = 0;
  BlockDistances distances_;
};

}  // namespace sluice::reuse
