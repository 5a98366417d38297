// What a run costs by the number of inputs in it, as a lane measures it, and how many inputs together that makes best. On a GPU, or
// where weights are what moves, a batch of eight costs little more than one; for convolutions on a CPU it costs eight times as much,
// and then it only makes everybody wait: so no batch size is believed in, each is tried now and then.
// Sizes are kept by their power of two. Not synchronised: under the dispatcher's lock.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/time.hpp"
#include "server/dispatch/service_estimate.hpp"

namespace sluice::server {

class BatchEstimate {
 public:
  static constexpr double kWorthwhile = 0.95;      // a larger batch must cost at most this share for each input
  static constexpr std::uint32_t kTryEvery = 128;  // choices between two tries of a size that is not thought best
  static constexpr std::uint32_t kFirstTries = 3;  // runs of a size before it is judged

  void record(std::uint32_t inputs, Duration took, Instant now);

  // How many of `waiting` inputs to run together, at most `most`.
  std::uint32_t choose(std::uint32_t waiting, std::uint32_t most);

  // The longest that so many took lately, or about what they would take by what smaller runs took; zero while nothing is known.
  Duration high(std::uint32_t inputs, Instant now) const;
  Duration median_each() const;  // of one input, in the sizes that were run most; zero while nothing is known

 private:
  static constexpr std::size_t kSizes = 11;  // 1, 2 to 3, 4 to 7, ..., 1024

  struct Size {
    ServiceEstimate took;  // for each input
    std::uint32_t runs = 0;
  };

  std::array<Size, kSizes> sizes_;
  std::uint32_t choices_ = 0;
};

}  // namespace sluice::server
