// Quantiles of the last observations, exactly: a ring of them, and the same values in order. An observation moves at most the window's
// length of numbers and allocates nothing. What leaves the window is forgotten altogether, so a change of level is followed within one
// window. Owns its values. One thread at a time.
#pragma once

#include <array>
#include <cstddef>

namespace sluice::adapt {

class ResidualQuantile {
 public:
  static constexpr std::size_t kWindow = 64;

  // Finite values; another is not taken, and the answer is false.
  bool add(double value);
  // The smallest value of the window that at least `share` of it are not above; share is taken into (0, 1]. `otherwise` while empty.
  double at(double share, double otherwise) const;
  std::size_t size() const { return size_; }

 private:
  std::array<double, kWindow> ring_{};
  std::array<double, kWindow> sorted_{};
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

}  // namespace sluice::adapt
