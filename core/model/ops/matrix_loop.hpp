// The product of two matrices with any strides, row by row: the innermost loop runs along a row of the right matrix.
// Used by Gemm, MatMul and their integer forms, which differ in how elements are read and rows stored.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace sluice::model::ops {

template <typename T>
struct Matrix {
  const T* data = nullptr;
  std::ptrdiff_t row_step = 0;
  std::ptrdiff_t column_step = 1;
};

// `load_a(a, i)` and `load_b(b, j)` give an element of row i or column j as A; `store(i, row)` takes a finished row.
template <typename A, typename T, typename U, typename LoadA, typename LoadB, typename Store>
void multiply(Matrix<T> a, Matrix<U> b, std::ptrdiff_t rows, std::ptrdiff_t depth, std::span<A> row, LoadA load_a,
              LoadB load_b, Store store) {
  const auto columns = static_cast<std::ptrdiff_t>(row.size());
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    std::fill(row.begin(), row.end(), A{});
    for (std::ptrdiff_t k = 0; k < depth; ++k) {
      const A left = load_a(a.data[i * a.row_step + k * a.column_step], i);
      const U* right = b.data + k * b.row_step;
      A* sums = row.data();
      if (b.column_step == 1) {
        for (std::ptrdiff_t j = 0; j < columns; ++j) sums[j] += left * load_b(right[j], j);
      } else {
        for (std::ptrdiff_t j = 0; j < columns; ++j) sums[j] += left * load_b(right[j * b.column_step], j);
      }
    }
    store(i, row);
  }
}

}  // namespace sluice::model::ops
