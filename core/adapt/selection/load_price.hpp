// What a millisecond on a worker costs those who come after, so that a selection that looks at one request alone does not let a queue grow:
// a virtual queue of the work taken on, emptied at a share of what the workers can do. As long as there is room the price is 0; at load it
// settles where the work fits (drift plus penalty, Neely). Plain numbers; times are the caller's, there is no clock. One thread at a time.
#pragma once

#include <cstdint>

#include "core/base/time.hpp"

namespace sluice::adapt {

struct LoadPriceOptions {
  std::uint32_t workers = 1;        // 0 counts as 1
  double busy_at_most = 0.9;        // share of the workers' time that may be sold, (0, 1]
  double accuracy_per_ms2 = 0.003;  // the price of a millisecond, per millisecond of virtual queue
  double longest_ms = 10'000;       // of the virtual queue
};

class LoadPrice {
 public:
  explicit LoadPrice(const LoadPriceOptions& options);

  // Accuracy for a millisecond, at that time. A time before the last one counts as the last one.
  double at(Instant now);
  // A request was taken on that will keep a worker for so long; what is not finite or negative counts as nothing.
  void took_on(double service_ms, Instant now);

 private:
  void drain(Instant now);

  LoadPriceOptions options_;
  double queue_ms_ = 0;
  Instant last_ = Instant::min();
};

}  // namespace sluice::adapt
