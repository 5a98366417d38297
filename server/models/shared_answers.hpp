// The server's tier of REUSE (FoggyCache's cross-device reuse, Guo et al., MobiCom 2018): what the full model answered to any client,
// for one version of a bundle, found by the embeddings that clients send along. Bounded as the manifest's `reuse` bounds a client's
// own cache, and freed with the version. Boxes are kept in shares of the picture, so that cameras of several sizes share them.
// An embedding is believed: who may use the server may also put a wrong one in. For the I/O thread alone.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/reuse/reuse_cache.hpp"
#include "core/wire/messages.hpp"
#include "server/models/bundle_folder.hpp"

namespace sluice::server {

class SharedAnswers {
 public:
  // nullptr where the bundle has no `reuse` whose answers are shared. What is wrong with its network or its bounds otherwise.
  static Result<std::unique_ptr<SharedAnswers>> make(const BundleFolder& bundle);

  // The earlier answer for a request that brings an embedding, in its own source's pixels. nullopt: none is near enough, or the
  // embedding is none of this bundle's.
  std::optional<reuse::Outputs> find(const wire::Request& request, Instant now);
  // `outputs` are the full model's; `cost` is what a hit will save.
  void keep(const wire::Request& request, const reuse::Outputs& outputs, Duration cost, Instant now);

  const reuse::ReuseCache& cache() const { return cache_; }

 private:
  SharedAnswers(reuse::ReuseCache cache, input::Modality modality) : cache_(std::move(cache)), modality_(modality) {}
  bool read(const wire::Request& request);
  input::InputExtent extent_of(const wire::Request& request) const { return {modality_, request.extent}; }

  reuse::ReuseCache cache_;
  const input::Modality modality_;  // of the model's input
  std::vector<float> embedding_;    // of the request at hand
};

}  // namespace sluice::server
