// Walking N tensors in step over one box of indices, each with its own strides (0 where it is broadcast, negative where it
// is reversed). Adjacent axes that every tensor crosses evenly are merged, so that dense data comes as one long run.
// A walk is plain data of fixed size: making one and walking never allocate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/tensor/shape.hpp"

namespace sluice::model::ops {

using Strides = std::array<std::ptrdiff_t, Shape::kMaxRank>;

// Strides of a dense row-major tensor, in elements.
Strides row_major_strides(const Shape& shape);

// Strides that read `shape` as if it were broadcast to `box` (numpy's rule: aligned at the last axis, 0 along an axis that
// is missing or has size 1). Precondition: the shapes are compatible.
Strides broadcast_strides(const Shape& shape, const Shape& box);

template <std::size_t N>
class StridedWalk {
 public:
  using Offsets = std::array<std::ptrdiff_t, N>;

  StridedWalk() = default;
  StridedWalk(const Shape& box, const std::array<Strides, N>& strides);

  // Elements in a run, and by how much each tensor moves from one to the next.
  std::ptrdiff_t run_length() const { return run_length_; }
  const Offsets& run_strides() const { return run_strides_; }

  // Calls f(offsets of the run's first element) for every run, in row-major order of the box.
  template <typename F>
  void for_each_run(F&& f) const {
    if (empty_) return;
    std::array<std::ptrdiff_t, Shape::kMaxRank> index{};
    Offsets offsets{};
    while (true) {
      f(offsets);
      std::size_t axis = rank_;
      while (axis > 0) {
        --axis;
        for (std::size_t k = 0; k < N; ++k) offsets[k] += strides_[axis][k];
        if (++index[axis] < sizes_[axis]) break;
        for (std::size_t k = 0; k < N; ++k) offsets[k] -= strides_[axis][k] * sizes_[axis];
        index[axis] = 0;
        if (axis == 0) return;
      }
      if (rank_ == 0) return;
    }
  }

  // Calls f(offsets) for every element.
  template <typename F>
  void for_each(F&& f) const {
    for_each_run([&](Offsets offsets) {
      for (std::ptrdiff_t i = 0; i < run_length_; ++i) {
        f(offsets);
        for (std::size_t k = 0; k < N; ++k) offsets[k] += run_strides_[k];
      }
    });
  }

 private:
  std::array<std::ptrdiff_t, Shape::kMaxRank> sizes_{};  // of the axes outside the run, outermost first
  std::array<Offsets, Shape::kMaxRank> strides_{};
  std::size_t rank_ = 0;
  std::ptrdiff_t run_length_ = 0;
  Offsets run_strides_{};
  bool empty_ = true;
};

template <std::size_t N>
StridedWalk<N>::StridedWalk(const Shape& box, const std::array<Strides, N>& strides) : run_length_(1), empty_(false) {
  // Collect the axes from the last to the first, merging where possible, then take the innermost as the run.
  std::array<std::ptrdiff_t, Shape::kMaxRank> sizes{};
  std::array<Offsets, Shape::kMaxRank> steps{};
  std::size_t count = 0;
  for (std::size_t axis = box.rank(); axis-- > 0;) {
    if (box[axis] == 0) {
      empty_ = true;
      return;
    }
    if (box[axis] == 1) continue;
    Offsets step{};
    for (std::size_t k = 0; k < N; ++k) step[k] = strides[k][axis];
    bool merges = count > 0;
    for (std::size_t k = 0; merges && k < N; ++k) merges = step[k] == steps[count - 1][k] * sizes[count - 1];
    if (merges) {
      sizes[count - 1] *= static_cast<std::ptrdiff_t>(box[axis]);
    } else {
      sizes[count] = static_cast<std::ptrdiff_t>(box[axis]);
      steps[count] = step;
      ++count;
    }
  }
  if (count == 0) return;
  run_length_ = sizes[0];
  run_strides_ = steps[0];
  rank_ = count - 1;
  for (std::size_t i = 0; i < rank_; ++i) {
    sizes_[i] = sizes[count - 1 - i];
    strides_[i] = steps[count - 1 - i];
  }
}

}  // namespace sluice::model::ops
