// InFi's REUSE as a question of the pipeline: was an input like this answered before? A network gives the input's embedding;
// where the nearest earlier inputs stand nearer than the calibrated distance and the full model answered them alike, that
// answer is the answer (core/reuse). What the model answers to inputs that passed is learned; a result that is too large for
// the cache is not. The cache belongs to one bundle version and dies with the question.
// The score is the distance of the nearest earlier input, the threshold the largest one allowed. Where near inputs were
// answered differently the score is at least the threshold; with nothing remembered it is the largest float.
// Shares its network with other questions of the bundle. One thread at a time; after the first input of a size ask() allocates
// for the answer alone, and where the rule `boxes` compares.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/output/agreement.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/question.hpp"
#include "core/pipeline/shared_network.hpp"
#include "core/questions/reuse/pending_embeddings.hpp"
#include "core/reuse/reuse_cache.hpp"

namespace sluice::questions {

// The `reuse` question's section of a manifest.
struct ReuseSpec final : pipeline::QuestionSpec {
  std::string part;
  std::string output;  // of the part's network: the embedding
  input::InputSpec input;
  std::uint64_t max_entries = 1000;
  std::uint64_t max_bytes = std::uint64_t{4} << 20;
  std::uint64_t max_age_ms = 600'000;
  reuse::VoteOptions vote;
  reuse::EvictionPolicy eviction = reuse::EvictionPolicy::kLru;
  output::AgreementSpec agree_when;
  std::vector<pipeline::OperatingPoint> operating_points;  // growing targets; the thresholds are distances
};

class ReuseQuestion final : public pipeline::Question {
 public:
  // kNotFound when the network has no such output, kShapeMismatch or kTypeMismatch when that is no vector of floats of a fixed
  // size; the cache's and the agreement's own errors.
  static Result<std::unique_ptr<ReuseQuestion>> make(std::shared_ptr<pipeline::SharedNetwork> network,
                                                     const ReuseSpec& spec, reuse::BundleVersion bundle);

  std::string_view name() const override { return "reuse"; }
  // kExecutionFailed when the embedding is no vector of finite numbers.
  Result<pipeline::Verdict> ask(const pipeline::AskContext& context) override;
  void learn(const pipeline::Answer& answer, Instant now) override;
  void forget(pipeline::InputId id) override { pending_.forget(id); }
  float set_error_budget(float allowed) override;

  const reuse::ReuseCache& cache() const { return cache_; }

 private:
  ReuseQuestion(std::shared_ptr<pipeline::SharedNetwork> network, std::size_t output,
                std::vector<pipeline::OperatingPoint> points, reuse::ReuseCache cache)
      : network_(std::move(network)),
        output_(output),
        points_(std::move(points)),
        pending_(cache.options().dimension),
        cache_(std::move(cache)) {}

  std::shared_ptr<pipeline::SharedNetwork> network_;
  std::size_t output_;
  std::vector<pipeline::OperatingPoint> points_;
  PendingEmbeddings pending_;
  reuse::ReuseCache cache_;
};

extern const pipeline::QuestionRow kReuseRow;

}  // namespace sluice::questions
