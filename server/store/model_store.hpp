// The bundles that this server serves, each with its full model loaded. Filled once at the start and constant afterwards,
// so any thread may read. A bundle that fails to open or load fails the start: a server that is ready serves all of them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/session.hpp"
#include "server/engine/engine.hpp"
#include "server/metrics/metrics.hpp"
#include "server/store/bundle_folder.hpp"

namespace sluice::server {

struct ServedModel {
  BundleFolder bundle;
  std::shared_ptr<LoadedModel> model;  // borrows the part's bytes in `bundle`
  const ModelMetrics* metrics = nullptr;
};

class ModelStore {
 public:
  // `folder` is a bundle or holds bundles.
  static Result<std::unique_ptr<ModelStore>> open(const std::filesystem::path& folder, Engine& engine, Metrics& metrics,
                                                  std::size_t max_part_bytes);

  std::size_t size() const { return models_.size(); }
  const ServedModel& operator[](std::size_t index) const { return *models_[index]; }
  std::optional<std::size_t> find(std::string_view name) const;

  // What a Session says of them; lives as long as the store.
  const std::vector<pipeline::ServedBundle>& bundles() const { return bundles_; }
  std::string names() const;  // "faces, hands", for messages

 private:
  ModelStore() = default;
  std::vector<std::unique_ptr<ServedModel>> models_;
  std::vector<pipeline::ServedBundle> bundles_;
};

}  // namespace sluice::server
