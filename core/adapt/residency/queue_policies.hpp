// SIEVE and S3-FIFO: queues in the order of loading in place of a worth, blind to load cost. What may not go is passed
// over as if it weren't there. One thread at a time.
#pragma once

#include "core/adapt/residency/id_list.hpp"
#include "core/adapt/residency/policy.hpp"

namespace sluice::residency {

// Which models are candidates of the shortage at hand.
class CandidateMarks {
 public:
  void reserve(std::size_t models) { marks_.resize(std::max(models, marks_.size())); }
  void mark(std::span<const ModelId> candidates) {
    ++round_;
    for (const ModelId model : candidates) marks_[model] = round_;
  }
  bool has(ModelId model) const { return marks_[model] == round_; }

 private:
  std::uint64_t round_ = 0;
  std::vector<std::uint64_t> marks_;
};

// Zhang et al., NSDI 2024: a hand walks from the oldest to the newest, takes the visited mark of those that have one
// and evicts the first that has none.
class SievePolicy final : public Policy {
 public:
  void reserve(std::size_t models) override;
  void requested(ModelId model, Instant now) override;
  void admitted(ModelId model, const ModelProfile& profile) override;
  void left(ModelId model) override;
  void choose(const Shortage& shortage, std::vector<ModelId>& victims) override;

 private:
  ModelId next_victim();

  IdList queue_;
  ModelId hand_ = kNoModel;
  std::vector<std::uint8_t> visited_;
  CandidateMarks marks_;
};

// Yang et al., SOSP 2023: newcomers queue in a tenth of the memory; those used again there move to the main queue, the
// others leave and are remembered, and come back into the main queue at once. The main queue gives its oldest another
// round for each use, three at most.
class S3FifoPolicy final : public Policy {
 public:
  void reserve(std::size_t models) override;
  void requested(ModelId model, Instant now) override;
  void admitted(ModelId model, const ModelProfile& profile) override;
  void left(ModelId model) override;
  void choose(const Shortage& shortage, std::vector<ModelId>& victims) override;

 private:
  struct Queue {
    IdList ids;
    std::uint64_t bytes = 0;
  };
  void push(Queue& queue, ModelId model, std::uint64_t bytes);
  void remove(Queue& queue, ModelId model);
  ModelId oldest_candidate(const Queue& queue) const;
  ModelId evict_small();
  ModelId evict_main();
  void remember(ModelId model, std::uint64_t most_bytes);

  Queue small_;
  Queue main_;
  Queue ghosts_;
  std::vector<std::uint8_t> uses_;
  std::vector<std::uint64_t> bytes_;  // as counted in its queue
  CandidateMarks marks_;
};

}  // namespace sluice::residency
