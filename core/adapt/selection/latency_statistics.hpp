// How long a model variant runs, learnt from its runs: an exponentially weighted mean and deviation, as MDInference keeps them. Runs that
// say nothing of the next are left out: the first one, and cold ones (weights not in memory, clocks just lowered), which lie many
// deviations off. Several cold ones in a row are a new level and count. Plain numbers, no clock, nothing allocated. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>

namespace sluice::adapt {

struct LatencyOptions {
  double alpha = 0.1;               // weight of the newest run, (0, 1]
  std::uint32_t warm_up_runs = 10;  // after the first; none of them is taken for a cold one
  double cold_deviations = 10;      // off the mean by more is cold
  double least_deviation_share =
      0.02;  // of the mean: runs of a quiet machine scatter less than the machine does over a day
  std::uint32_t cold_runs_accepted = 3;  // so many in a row are no accident; 0: cold ones never count
};

// What the published code does: half the weight on the newest run, no lower bound of the deviation, cold runs dropped for good.
LatencyOptions released_latency_options();

class LatencyStatistics {
 public:
  explicit LatencyStatistics(const LatencyOptions& options = {}) : options_(options) {}
  // Begins with a measured profile; runs correct it, and none is a warm-up.
  LatencyStatistics(double mean_ms, double deviation_ms, const LatencyOptions& options = {});

  // Answers whether the run counted. Times that are not finite or below 0 never do.
  bool observe(double took_ms);

  bool known() const { return known_; }
  double mean_ms() const { return mean_ms_; }
  double deviation_ms() const;
  std::uint64_t counted() const { return counted_; }
  std::uint64_t left_out() const { return left_out_; }

 private:
  bool is_cold(double took_ms) const;
  void learn(double took_ms, double alpha);

  LatencyOptions options_;
  bool known_ = false;
  bool first_seen_ = false;
  double mean_ms_ = 0;
  double variance_ = 0;
  std::uint32_t cold_in_a_row_ = 0;
  std::uint64_t counted_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace sluice::adapt
