#include "core/reuse/neighbour_search.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::reuse {
namespace {

constexpr float kUnset = std::numeric_limits<float>::infinity();

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
  used_blocks_ = std::max(used_blocks_, row / kBlockRows + 1);
}

void EmbeddingTable::unset(std::uint32_t row) {
  float* value = first_value(row);
  for (std::size_t d = 0; d < dimension_; ++d) value[d * kBlockRows] = kUnset;
}

void EmbeddingTable::unset_all() {
  std::ranges::fill(values_.as<float>(), kUnset);
  used_blocks_ = 0;
}

std::size_t EmbeddingTable::nearest(std::span<const float> query, float max_distance,
                                    std::span<Neighbour> found) const {
  if (found.empty()) return 0;
  alignas(64) std::array<float, kBlockRows> distances;
  const float* block = values_.as<float>().data();
  std::size_t count = 0;
  float bound = std::min(max_distance, kNoBound);
  for (std::size_t b = 0; b < used_blocks_; ++b, block += dimension_ * kBlockRows) {
    if (!distances_(block, query.data(), dimension_, bound, distances.data())) continue;
    for (std::size_t i = 0; i < kBlockRows; ++i) {
      const float distance = distances[i];
      if (!(distance <= bound)) continue;
      if (count == found.size()) {
        if (distance == bound) continue;  // the rows come in order, so the one found before it has the lower number
        --count;
      }
      std::size_t place = count++;
      for (; place > 0 && found[place - 1].distance > distance; --place) found[place] = found[place - 1];
      found[place] = {distance, static_cast<std::uint32_t>(b * kBlockRows + i)};
      if (count == found.size()) bound = found[count - 1].distance;
    }
  }
  return count;
}

}  // namespace sluice::reuse
