// What became of the frames of a run, and what they cost: counts, times by stage, bytes. Plain accumulation; not synchronised.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/adapt/choice/cost_weights.hpp"
#include "core/pipeline/answer.hpp"
#include "core/pipeline/promise_standing.hpp"

namespace sluice::cli {

// The times of one stage over the frames that went through it.
class StageTimes {
 public:
  void add(Duration time);
  std::size_t count() const { return times_us_.size(); }
  double mean_ms() const;                  // 0 when there are none
  double quantile_ms(double share) const;  // nearest rank; 0 when there are none

 private:
  std::vector<std::uint32_t> times_us_;
};

// The frames that were to have one kind of answer (adapt::AnswerKind).
struct PlacedTimes {
  StageTimes predicted;
  StageTimes took;
  std::uint64_t bytes = 0;     // sent
  double expected_errors = 0;  // sum
  double cost = 0;             // sum, in the unit of the weights; 0 where no answer was priced
};

struct Tally {
  std::uint64_t frames = 0;                     // read from the source, the damaged ones too
  std::uint64_t damaged = 0;                    // could not be decoded
  std::uint64_t skipped = 0;                    // answered by the filter
  std::uint64_t reused = 0;                     // answered by an earlier answer
  std::uint64_t shared = 0;                     // answered by an earlier answer that the server gave, to whomever
  std::uint64_t exited = 0;                     // answered by an early exit of the model that was sure, here
  std::map<std::int32_t, std::uint64_t> exits;  // of those, by the place they left at, from 0 on
  std::uint64_t unsure = 0;                     // answered by an exit that was not, as nothing better came in time
  std::string why_unsure;                       // what kept a better answer from the first of them
  std::uint64_t cut = 0;  // of the kind split, too: by the server's stages, which went on from what was left here
  std::map<std::int32_t, std::uint64_t> cut_exits;  // of those, by the place of an exit that was sure there
  std::uint64_t staged = 0;                         // answered frames whose multiply-adds were counted
  std::uint64_t multiply_adds = 0;                  // of those, exits included
  std::uint64_t model_multiply_adds = 0;            // that the model takes whole; 0: it ran by no stages
  std::uint64_t split = 0;                          // answered by the full model, half here, half on the server
  std::uint64_t guessed = 0;                        // of those, by this device's half alone
  std::string why_guessed;                          // what kept a better answer from the first of them
  std::uint64_t stale =
      0;  // of split ones, by this device's half with an older answer of the other (--stale-answer-ms)
  std::uint64_t remote = 0;  // answered by the full model on the server
  std::uint64_t local = 0;   // answered by the full model here
  // Of `remote` and `local`, those of a variant of the model, by its name; and of these, those that nothing better came for in time.
  std::map<std::string, std::uint64_t> variants;
  std::uint64_t variants_unsure = 0;
  std::uint64_t superseded = 0;                 // a newer frame took their place (--policy newest-wins)
  std::map<std::string, std::uint64_t> failed;  // by the error's name, superseded ones left out
  std::uint64_t detections = 0;
  std::map<std::string, std::uint64_t> labels;  // of a classifier's answers, by the class's name

  StageTimes gate, encode, wait, round_trip, server_queue, server_decode, server_compute, local_compute;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::uint64_t sent = 0;           // answered frames of which something went to the server
  std::uint64_t avoided = 0;        // frames answered without the full model, and without a byte sent
  std::uint64_t unsure_unsent = 0;  // of those, the unsure ones
  std::uint64_t cut_bytes_up = 0;   // of `bytes_up`, what went to a server behind a cut in place of pictures
  std::uint64_t sampled = 0;        // frames that no picture was sent of, encoded to learn their size
  std::uint64_t sampled_bytes = 0;

  std::map<std::string, PlacedTimes> placed_as;  // of placed frames, by the kind of the answer that was chosen
  std::map<std::string, std::uint64_t>
      duplicates;             // of frames on the server: skipped, begun (and no more than that), won
  std::uint64_t audited = 0;  // skipped and reused frames that the full model saw all the same
  std::uint64_t audit_agreed = 0;
  std::uint64_t audit_failed = 0;

  adapt::CostWeights weights = adapt::kUsualWeights;
  double cost = 0;  // of all frames by these, gate included

  std::optional<pipeline::PromiseStanding> promise;  // at the end, where one is kept live

  double elapsed_s = 0;

  void add(const pipeline::Answer& answer);
  void add(const pipeline::Failed& failure);

  std::uint64_t run() const { return split + remote + local; }  // by the full model, wherever
  std::uint64_t answered() const { return skipped + reused + shared + exited + unsure + cut + run(); }
  std::uint64_t failures() const;
  // Of the model's multiply-adds, the mean share that was run for a frame; nullopt where none were counted.
  std::optional<double> multiply_adds_share() const;
  double filter_rate() const;  // skipped and reused of answered; 0 when nothing was answered

  // Bytes that sending every frame as a picture would have cost: those sent, and the avoided ones and those behind a cut at the sample's mean
  // size (or, without a sample, at the mean of those sent). Unsure ones are not saved, they count as they were. nullopt when nothing tells a
  // size, as features are not the size of their pictures, or when nothing but unsure ones is there.
  std::optional<double> bytes_of_all() const;

  // The share of answered frames whose answer is the full model's: run ones are by definition. nullopt without an audit, and
  // when frames were exited or shared, which the audit doesn't look at.
  std::optional<double> agreement() const;

 private:
  void add_server_stages(const pipeline::Cost& cost);
  void add_cost(const pipeline::Cost& spent);
  void add_placement(const pipeline::PlacementRecord& placed);
};

}  // namespace sluice::cli
