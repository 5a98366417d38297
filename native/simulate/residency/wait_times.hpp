// How long requests waited, and the quantiles of it. Most wait for nothing and are only counted. One thread at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/base/time.hpp"

namespace sluice::simulate {

class WaitTimes {
 public:
  void add(Duration wait) {
    if (wait <= Duration::zero()) ++none_;
    else waits_.push_back(wait);
  }

  // The least that at least this share of all waited at most; zero when there are none.
  double quantile_s(double share) {
    const std::size_t all = none_ + waits_.size();
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(all)));
    if (rank <= none_) return 0;
    const auto at = waits_.begin() + static_cast<std::ptrdiff_t>(rank - none_ - 1);
    std::nth_element(waits_.begin(), at, waits_.end());
    return std::chrono::duration<double>(*at).count();
  }

 private:
  std::size_t none_ = 0;
  std::vector<Duration> waits_;
};

}  // namespace sluice::simulate
