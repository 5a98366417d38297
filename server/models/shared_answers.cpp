#include "server/models/shared_answers.hpp"

#include <cstring>
#include <utility>

#include "core/questions/reuse/reuse_question.hpp"
#include "core/run/network.hpp"

namespace sluice::server {

namespace {

const questions::ReuseSpec* shared_reuse(const pipeline::Manifest& manifest) {
  for (const auto& question : manifest.questions) {
    const auto* reuse = dynamic_cast<const questions::ReuseSpec*>(question.spec.get());
    if (reuse != nullptr && reuse->shared) return reuse;
  }
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<SharedAnswers>> SharedAnswers::make(const BundleFolder& bundle) {
  const auto& manifest = bundle.manifest;
  const auto* spec = shared_reuse(manifest);
  if (spec == nullptr) return std::unique_ptr<SharedAnswers>();
  const std::string* const part = bundle.find_part(spec->part);
  if (part == nullptr) return fail(ErrorCode::kBundlePartMissing, {"no part is named '", spec->part, "'"});
  // Loaded for what it says of its outputs; embeddings are made by clients.
  const auto network = run::Network::load(as_bytes(*part), spec->input, run::full_loading());
  if (!network) return fail(network.error());
  auto cache = questions::make_cache(*network, *spec, {manifest.name, manifest.version}, manifest.agree_when);
  if (!cache) return fail(cache.error());
  return std::unique_ptr<SharedAnswers>(new SharedAnswers(*std::move(cache), input::modality_of(manifest.model.input)));
}

// Views of a request lie at any address.
bool SharedAnswers::read(const wire::Request& request) {
  const std::size_t dimension = cache_.options().dimension;
  if (request.embedding.size() != dimension * sizeof(float)) return false;
  const bool sized = request.extent[0] != 0 && request.extent[1] != 0;
  if (modality_ == input::Modality::kImage && !sized) return false;  // its boxes could not be told in its pixels
  embedding_.resize(dimension);
  std::memcpy(embedding_.data(), request.embedding.data(), request.embedding.size());
  return true;
}

std::optional<reuse::Outputs> SharedAnswers::find(const wire::Request& request, Instant now) {
  if (!(request.reuse_distance > 0) || !read(request)) return std::nullopt;
  cache_.set_max_distance(request.reuse_distance);
  const auto found = cache_.lookup(embedding_, now);
  if (!found || found->kind != reuse::LookupKind::kHit) return std::nullopt;
  auto outputs = questions::copy_of(*found->outputs);
  if (!outputs) return std::nullopt;
  questions::to_pixels(*outputs, extent_of(request));
  return *std::move(outputs);
}

void SharedAnswers::keep(const wire::Request& request, const reuse::Outputs& outputs, Duration cost, Instant now) {
  if (!read(request)) return;
  auto copies = questions::copy_of(outputs);
  if (!copies) return;
  questions::to_shares(*copies, extent_of(request));
  // What is too large, or no number, is not kept: the next such request runs the model again.
  static_cast<void>(cache_.insert(cache_.options().bundle, embedding_,
                                  std::make_shared<const reuse::Outputs>(*std::move(copies)), cost, now));
}

}  // namespace sluice::server
