#include "core/adapt/estimate/residual_quantile.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::adapt {

bool ResidualQuantile::add(double value) {
  if (!std::isfinite(value)) return false;
  auto end = sorted_.begin() + static_cast<std::ptrdiff_t>(size_);
  if (size_ == kWindow) {
    const auto oldest = std::lower_bound(sorted_.begin(), end, ring_[next_]);
    std::move(oldest + 1, end, oldest);
    --end;
  } else {
    ++size_;
  }
  const auto place = std::upper_bound(sorted_.begin(), end, value);
  std::move_backward(place, end, end + 1);
  *place = value;
  ring_[next_] = value;
  next_ = (next_ + 1) % kWindow;
  return true;
}

double ResidualQuantile::at(double share, double otherwise) const {
  if (size_ == 0) return otherwise;
  const double rank = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(size_));
  return sorted_[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

}  // namespace sluice::adapt
