// InFi's REUSE (MobiCom'22, sections 4.2 and 5.2) as a question of the pipeline: have I answered this before? The network's
// embedding of the input is looked up among those of earlier inputs that the full model answered (core/reuse/reuse_cache.hpp);
// a near and unanimous neighbourhood answers with its result. What is learned comes from the full model alone, of this bundle's
// version; entries age out. Shares its network with SKIP where both name the same part, so that one pass gives both.
// Owns the cache, and the embeddings of inputs that are on their way through the model; both count against `max_bytes`. One
// thread at a time; a hit copies its result, nothing else allocates once the cache's table is made and a few inputs were on
// their way.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/output/agreement.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/question.hpp"
#include "core/pipeline/shared_network.hpp"
#include "core/reuse/reuse_cache.hpp"

namespace sluice::questions {

// The `reuse` question's section of a manifest.
struct ReuseSpec final : pipeline::QuestionSpec {
  std::string part;
  input::InputSpec input;
  std::string output;  // the network's embedding: float32, one row
  std::uint32_t max_entries = 1000;
  std::uint64_t max_bytes = std::uint64_t{4} << 20;
  std::uint32_t max_age_ms = 600'000;
  std::uint32_t neighbours = 5;  // k
  float min_homogeneity = 0.8F;  // (0, 1]
  reuse::EvictionPolicy eviction = reuse::EvictionPolicy::kLru;
  bool shared = false;  // whether a server may hand out one client's answers to others
  std::vector<pipeline::OperatingPoint> operating_points;  // thresholds are distances

  std::span<const pipeline::OperatingPoint> points() const override { return operating_points; }
};

// Results are handed to the user, who may keep or change them, so each side has its own copy.
Result<std::vector<output::OutputTensor>> copy_of(const std::vector<output::OutputTensor>& outputs);

// Where a result is kept its boxes are in shares of the picture, so that it may be handed out for one of another size.
void to_shares(std::vector<output::OutputTensor>& outputs, const input::InputExtent& extent);
void to_pixels(std::vector<output::OutputTensor>& outputs, const input::InputExtent& extent);

// An empty cache for what such a network's embeddings find, as the spec bounds it. kNotFound when the network has no output of the
// spec's name; kShapeMismatch or kTypeMismatch when that is no embedding; else ReuseCache::create()'s errors.
Result<reuse::ReuseCache> make_cache(const run::Network& network, const ReuseSpec& spec,
                                     const reuse::BundleVersion& bundle, const output::AgreementSpec& agree_when);

class ReuseQuestion final : public pipeline::Question {
 public:
  // make_cache()'s errors; kOutOfMemory when nothing fits beside its table.
  static Result<std::unique_ptr<ReuseQuestion>> make(std::shared_ptr<pipeline::SharedNetwork> network,
                                                     const ReuseSpec& spec, const reuse::BundleVersion& bundle,
                                                     const output::AgreementSpec& agree_when);

  std::string_view name() const override { return "reuse"; }
  Result<pipeline::Verdict> ask(const pipeline::AskContext& context) override;
  void learn(const pipeline::Answer& answer, Instant now) override;
  void forget(pipeline::InputId id) override;
  pipeline::SharedKey shared_key(pipeline::InputId id) const override;
  float set_error_budget(float allowed) override;
  // Up to twice the widest calibrated distance.
  void open_to_choice() override;

  const reuse::ReuseCache& cache() const { return cache_; }

 private:
  struct Passed {
    pipeline::InputId id = 0;
    input::InputExtent extent;
    std::vector<float> embedding;
  };

  ReuseQuestion(std::shared_ptr<pipeline::SharedNetwork> network, std::size_t output, const ReuseSpec& spec,
                reuse::ReuseCache cache);
  void remember(const pipeline::AskContext& context, std::span<const float> embedding);
  std::vector<Passed>::const_iterator find(pipeline::InputId id) const;
  bool hold(std::size_t embeddings);

  std::shared_ptr<pipeline::SharedNetwork> network_;
  std::size_t output_;
  bool shared_;
  std::vector<pipeline::OperatingPoint> points_;
  pipeline::ChosenPoint chosen_;
  reuse::ReuseCache cache_;
  std::vector<Passed> passed_;
  std::vector<Passed> spare_;
};

extern const pipeline::QuestionRow kReuseRow;
extern const pipeline::QuestionWriter kReuseWriter;

}  // namespace sluice::questions
