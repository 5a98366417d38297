#include "core/questions/reuse/reuse_question.hpp"

#include <algorithm>
#include <utility>

namespace sluice::questions {
namespace {

// Width and height of a picture, 1 of what is none.
std::pair<float, float> sides_of(const input::InputExtent& extent) {
  if (extent.modality != input::Modality::kImage) return {1, 1};
  return {static_cast<float>(extent.sizes[0]), static_cast<float>(extent.sizes[1])};
}

// A Passed with its share of the vector's growth, as an upper bound for every machine.
constexpr std::size_t kPassedBytes = 96;
// Buffers that are kept for the next inputs, so that a steady stream allocates none.
constexpr std::size_t kMaxSpare = 16;

// The place of the embedding among the network's outputs, and how many numbers it has.
Result<std::pair<std::size_t, std::size_t>> find_embedding(const run::Network& network, std::string_view name) {
  const auto outputs = network.outputs();
  const auto found = std::find_if(outputs.begin(), outputs.end(), [&](const auto& one) { return one.name == name; });
  if (found == outputs.end()) return fail(ErrorCode::kNotFound, {"the network has no output '", name, "'"});
  if (found->type != DataType::kFloat32) {
    return fail(ErrorCode::kTypeMismatch,
                {"the embedding '", name, "' is ", type_name(found->type), "; it must be float32"});
  }
  std::size_t dimension = 1;
  for (const std::int64_t dim : found->dims) {
    if (dim <= 0)
      return fail(ErrorCode::kShapeMismatch, {"the embedding '", name, "' has a dimension that is left open"});
    dimension *= static_cast<std::size_t>(dim);
    if (dimension > reuse::EmbeddingTable::kMaxDimension) break;  // refused by the cache
  }
  return std::pair(static_cast<std::size_t>(found - outputs.begin()), dimension);
}

}  // namespace

Result<std::vector<output::OutputTensor>> copy_of(const std::vector<output::OutputTensor>& outputs) {
  std::vector<output::OutputTensor> copies;
  copies.reserve(outputs.size());
  for (const output::OutputTensor& output : outputs) {
    auto copy = Tensor::copy_of(output.tensor.view());
    if (!copy) return fail(copy.error());
    copies.push_back({output.name, *std::move(copy)});
  }
  return copies;
}

void to_shares(std::vector<output::OutputTensor>& outputs, const input::InputExtent& extent) {
  const auto [width, height] = sides_of(extent);
  output::scale_detections(outputs, 1 / std::max(width, 1.0F), 1 / std::max(height, 1.0F));
}

void to_pixels(std::vector<output::OutputTensor>& outputs, const input::InputExtent& extent) {
  const auto [width, height] = sides_of(extent);
  output::scale_detections(outputs, width, height);
}

Result<reuse::ReuseCache> make_cache(const run::Network& network, const ReuseSpec& spec,
                                     const reuse::BundleVersion& bundle, const output::AgreementSpec& agree_when) {
  const auto embedding = find_embedding(network, spec.output);
  if (!embedding) return fail(embedding.error());
  const auto agreement = output::Agreement::make(agree_when);
  if (!agreement) return fail(agreement.error());
  reuse::CacheOptions options;
  options.bundle = bundle;
  options.dimension = embedding->second;
  options.max_entries = spec.max_entries;
  options.max_bytes = static_cast<std::size_t>(spec.max_bytes);
  options.max_age = std::chrono::milliseconds(spec.max_age_ms);
  options.eviction = spec.eviction;
  options.vote.neighbours = spec.neighbours;
  options.vote.min_homogeneity = spec.min_homogeneity;
  return reuse::ReuseCache::create(std::move(options),
                                   [rule = *agreement](const reuse::Outputs& a, const reuse::Outputs& b) {
                                     // Results that the rule cannot read agree with nothing.
                                     return rule.agrees(a, b).value_or(false);
                                   });
}

ReuseQuestion::ReuseQuestion(std::shared_ptr<pipeline::SharedNetwork> network, std::size_t output,
                             const ReuseSpec& spec, reuse::ReuseCache cache)
    : network_(std::move(network)),
      output_(output),
      shared_(spec.shared),
      points_(spec.operating_points),
      cache_(std::move(cache)) {}

Result<std::unique_ptr<ReuseQuestion>> ReuseQuestion::make(std::shared_ptr<pipeline::SharedNetwork> network,
                                                           const ReuseSpec& spec, const reuse::BundleVersion& bundle,
                                                           const output::AgreementSpec& agree_when) {
  const auto embedding = find_embedding(network->network(), spec.output);
  if (!embedding) return fail(embedding.error());
  auto cache = make_cache(network->network(), spec, bundle, agree_when);
  if (!cache) return fail(cache.error());
  std::unique_ptr<ReuseQuestion> question(
      new ReuseQuestion(std::move(network), embedding->first, spec, *std::move(cache)));
  if (!question->hold(1)) {  // it would never learn anything
    return fail(ErrorCode::kOutOfMemory,
                {"max_bytes is ", spec.max_bytes, "; no embedding fits beside the table's ", question->cache_.bytes()});
  }
  question->hold(0);
  return question;
}

Result<pipeline::Verdict> ReuseQuestion::ask(const pipeline::AskContext& context) {
  const auto output = network_->output(context, output_);
  if (!output) return fail(output.error());
  const auto embedding = output->as<float>();
  auto found = cache_.lookup(embedding, context.now);
  if (!found) return fail(found.error());
  pipeline::Verdict verdict;
  verdict.score = std::min(found->distance, pipeline::kNoScore);  // finite with nothing remembered too
  verdict.threshold = chosen_.threshold;
  if (found->kind == reuse::LookupKind::kHit) {
    auto outputs = copy_of(*found->outputs);
    if (!outputs) return fail(outputs.error());
    to_pixels(*outputs, input::extent_of(context.input));
    verdict.kind = pipeline::AnswerKind::kReused;
    verdict.outputs = *std::move(outputs);
    if (context.may_be_declined) remember(context, embedding);
    return verdict;
  }
  if (verdict.score == pipeline::kNoScore) verdict.note = "since nothing is remembered yet";
  if (found->kind == reuse::LookupKind::kDivided) verdict.note = "but what lies near disagrees";
  remember(context, embedding);
  return verdict;
}

// Where too many are on their way the input goes on all the same, and its answer is not learned.
void ReuseQuestion::remember(const pipeline::AskContext& context, std::span<const float> embedding) {
  if (spare_.empty()) {
    if (!hold(passed_.size() + 1)) return;
    spare_.emplace_back();
  }
  Passed passed = std::move(spare_.back());
  spare_.pop_back();
  passed.id = context.id;
  passed.extent = input::extent_of(context.input);
  passed.embedding.assign(embedding.begin(), embedding.end());
  passed_.push_back(std::move(passed));
}

std::vector<ReuseQuestion::Passed>::const_iterator ReuseQuestion::find(pipeline::InputId id) const {
  return std::find_if(passed_.begin(), passed_.end(), [&](const Passed& one) { return one.id == id; });
}

pipeline::SharedKey ReuseQuestion::shared_key(pipeline::InputId id) const {
  const auto found = find(id);
  if (!shared_ || found == passed_.end()) return {};
  return {found->embedding, chosen_.threshold};
}

void ReuseQuestion::learn(const pipeline::Answer& answer, Instant now) {
  const auto found = find(answer.input);
  if (found == passed_.end()) return;
  if (auto outputs = copy_of(answer.outputs)) {
    to_shares(*outputs, found->extent);
    // A result that is too large, or an embedding that is no number, is not kept: the next such input runs the model again.
    static_cast<void>(cache_.insert(cache_.options().bundle, found->embedding,
                                    std::make_shared<const reuse::Outputs>(*std::move(outputs)),
                                    answer.cost.round_trip + answer.cost.local_compute, now));
  }
}

void ReuseQuestion::forget(pipeline::InputId id) {
  const auto found = passed_.begin() + (find(id) - passed_.begin());
  if (found == passed_.end()) return;
  if (spare_.size() < kMaxSpare) spare_.push_back(std::move(*found));
  if (found != passed_.end() - 1) *found = std::move(passed_.back());
  passed_.pop_back();
  hold(passed_.size() + spare_.size());
}

bool ReuseQuestion::hold(std::size_t embeddings) {
  return cache_.hold(embeddings * (kPassedBytes + cache_.options().dimension * sizeof(float)));
}

void ReuseQuestion::open_to_choice() {
  constexpr float kBeyondCalibrated = 2;
  chosen_.threshold = points_.empty() ? 0 : kBeyondCalibrated * points_.front().threshold;
  cache_.set_max_distance(chosen_.threshold);
}

float ReuseQuestion::set_error_budget(float allowed) {
  chosen_ = pipeline::choose_point(points_, allowed);
  cache_.set_max_distance(chosen_.threshold);
  return chosen_.error;
}

}  // namespace sluice::questions
