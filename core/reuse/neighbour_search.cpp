#include "core/reuse/neighbour_search.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::reuse {
namespace {

constexpr float kUnset = std::numeric_limits<float>::infinity();

bool before(const Neighbour& a, const Neighbour& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
}

}  // namespace

EmbeddingTable::EmbeddingTable(Tensor values, std::size_t dimension)
    : values_(std::move(values)), dimension_(dimension), distances_(block_variants().back().run) {
  std::ranges::fill(values_.as<float>(), kUnset);
}

Result<EmbeddingTable> EmbeddingTable::create(std::size_t dimension, std::size_t rows, std::size_t limit_bytes) {
  if (dimension == 0 || dimension > kMaxDimension) {
    return fail(ErrorCode::kInvalidArgument, {"an embedding has 1 to ", kMaxDimension, " values, not ", dimension});
  }
  if (rows == 0 || rows > kMaxRows) {
    return fail(ErrorCode::kInvalidArgument, {"a table has 1 to ", kMaxRows, " embeddings, not ", rows});
  }
  const std::size_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  auto values = Tensor::create(
      DataType::kFloat32,
      {static_cast<std::int64_t>(blocks), static_cast<std::int64_t>(dimension), std::int64_t{kBlockRows}}, limit_bytes);
  if (!values) return fail(values.error());
  return EmbeddingTable(std::move(*values), dimension);
}

float* EmbeddingTable::first_value(std::uint32_t row) {
  return values_.as<float>().data() + row / kBlockRows * dimension_ * kBlockRows + row % kBlockRows;
}

void EmbeddingTable::set(std::uint32_t row, std::span<const float> embedding) {
  float* value = first_value(row);
  for (std::size_t d = 0; d < dimension_; ++d) value[d * kBlockRows] = embedding[d];
  first_block_ = row / kBlockRows;
  used_blocks_ = std::max(used_blocks_, first_block_ + 1);
}

void EmbeddingTable::unset(std::uint32_t row) {
  float* value = first_value(row);
  for (std::size_t d = 0; d < dimension_; ++d) value[d * kBlockRows] = kUnset;
}

void EmbeddingTable::unset_all() {
  std::ranges::fill(values_.as<float>(), kUnset);
  used_blocks_ = first_block_ = 0;
}

std::size_t EmbeddingTable::nearest(std::span<const float> query, float max_distance, std::span<Neighbour> found) {
  if (found.empty()) return 0;
  alignas(64) std::array<float, kBlockRows> distances;
  const std::size_t block_values = dimension_ * kBlockRows;
  std::size_t count = 0;
  float bound = std::min(max_distance, kNoBound);
  for (std::size_t i = 0; i < used_blocks_; ++i) {
    const std::size_t block = (first_block_ + i) % used_blocks_;
    const float* values = values_.as<float>().data() + block * block_values;
    if (!distances_(values, query.data(), dimension_, bound, distances.data())) continue;
    for (std::size_t lane = 0; lane < kBlockRows; ++lane) {
      if (!(distances[lane] <= bound)) continue;
      const Neighbour neighbour{distances[lane], static_cast<std::uint32_t>(block * kBlockRows + lane)};
      if (count == found.size()) {
        if (!before(neighbour, found.back())) continue;
        --count;
      }
      std::size_t place = count++;
      for (; place > 0 && before(neighbour, found[place - 1]); --place) found[place] = found[place - 1];
      found[place] = neighbour;
      if (count == found.size()) bound = found.back().distance;
    }
  }
  if (count > 0) first_block_ = found[0].row / kBlockRows;
  return count;
}

}  // namespace sluice::reuse
