#include "core/questions/reuse/reuse_question.hpp"

#include <algorithm>
#include <utility>

namespace sluice::questions {
namespace {

using reuse::Outputs;

Result<std::size_t> find_output(const run::Network& network, const std::string& name) {
  const auto outputs = network.outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].name == name) return i;
  }
  return fail(ErrorCode::kNotFound, {"the network has no output '", name, "'; its first is '", outputs[0].name, "'"});
}

Result<std::size_t> dimension_of(const model::TensorInfo& output) {
  if (output.type != DataType::kFloat32) {
    return fail(ErrorCode::kTypeMismatch,
                {"the embedding '", output.name, "' is ", type_name(output.type), "; it must be float32"});
  }
  std::size_t dimension = 1;
  for (const std::int64_t dim : output.dims) {
    if (dim <= 0 || static_cast<std::uint64_t>(dim) > reuse::EmbeddingTable::kMaxDimension) {
      return fail(ErrorCode::kShapeMismatch,
                  {"the embedding '", output.name, "' has a dimension of ", dim,
                   "; each must be fixed, at least 1 and at most ", reuse::EmbeddingTable::kMaxDimension});
    }
    dimension = std::min(dimension * static_cast<std::size_t>(dim), reuse::EmbeddingTable::kMaxDimension + 1);
  }
  return dimension;
}

Result<reuse::SharedOutputs> copy_of(const Outputs& outputs) {
  Outputs copies;
  copies.reserve(outputs.size());
  for (const output::OutputTensor& output : outputs) {
    auto tensor = Tensor::copy_of(output.tensor.view());
    if (!tensor) return fail(tensor.error());
    copies.push_back({output.name, std::move(*tensor)});
  }
  return std::make_shared<const Outputs>(std::move(copies));
}

}  // namespace

Result<std::unique_ptr<ReuseQuestion>> ReuseQuestion::make(std::shared_ptr<pipeline::SharedNetwork> network,
                                                           const ReuseSpec& spec, reuse::BundleVersion bundle) {
  const auto output = find_output(network->network(), spec.output);
  if (!output) return fail(output.error());
  const auto dimension = dimension_of(network->network().outputs()[*output]);
  if (!dimension) return fail(dimension.error());
  auto agreement = output::Agreement::make(spec.agree_when);
  if (!agreement) return fail(agreement.error());

  reuse::CacheOptions options;
  options.bundle = std::move(bundle);
  options.dimension = *dimension;
  options.max_entries = static_cast<std::size_t>(spec.max_entries);
  options.max_bytes = static_cast<std::size_t>(spec.max_bytes);
  options.max_age = std::chrono::milliseconds(spec.max_age_ms);
  options.eviction = spec.eviction;
  options.vote = spec.vote;
  // Results that cannot be compared don't agree.
  auto cache = reuse::ReuseCache::create(std::move(options), [rule = *agreement](const Outputs& a, const Outputs& b) {
    return rule.agrees(a, b).value_or(false);
  });
  if (!cache) return fail(cache.error());
  return std::unique_ptr<ReuseQuestion>(
      new ReuseQuestion(std::move(network), *output, spec.operating_points, std::move(*cache)));
}

Result<pipeline::Verdict> ReuseQuestion::ask(const pipeline::AskContext& context) {
  const auto output = network_->output(context, output_);
  if (!output) return fail(output.error());
  const auto embedding = output->as<float>();
  auto found = cache_.lookup(embedding, context.now);
  if (!found) return fail(ErrorCode::kExecutionFailed, {"the network's embedding: ", found.error().message});

  pipeline::Verdict verdict;
  verdict.score = std::min(found->distance, reuse::EmbeddingTable::kNoBound);
  verdict.threshold = cache_.max_distance();
  if (found->kind == reuse::LookupKind::kDivided) verdict.score = std::max(verdict.score, verdict.threshold);
  if (found->kind != reuse::LookupKind::kHit) {
    pending_.keep(context.id, embedding);
    return verdict;
  }
  verdict.kind = pipeline::AnswerKind::kReused;
  verdict.outputs.reserve(found->outputs->size());
  for (const output::OutputTensor& kept : *found->outputs) {
    auto tensor = Tensor::copy_of(kept.tensor.view());
    if (!tensor) return fail(tensor.error());
    verdict.outputs.push_back({kept.name, std::move(*tensor)});
  }
  return verdict;
}

void ReuseQuestion::learn(const pipeline::Answer& answer, Instant now) {
  const auto embedding = pending_.find(answer.input);
  if (embedding.empty()) return;
  if (auto outputs = copy_of(answer.outputs)) {
    const pipeline::Cost& cost = answer.cost;
    const Duration saved = cost.encode + cost.round_trip + cost.local_compute;
    // What doesn't fit is not kept: the input was answered, and the cache holds what it held.
    static_cast<void>(cache_.insert(cache_.options().bundle, embedding, std::move(*outputs), saved, now));
  }
  pending_.forget(answer.input);
}

float ReuseQuestion::set_error_budget(float allowed) {
  const pipeline::ChosenPoint chosen = pipeline::choose_point(points_, allowed);
  cache_.set_max_distance(chosen.threshold);
  return chosen.error;
}

}  // namespace sluice::questions
