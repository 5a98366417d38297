// The bundles that this server serves, by name, each in its version of today. reload() looks at the folder again: what changed is
// loaded and, once it has run, takes the old version's place, which lives on while anybody holds a lease on it. What cannot be
// loaded changes nothing: the version that was served stays, and the reason is kept for the index.
// With a memory budget (ModelMemory) a bundle's files are read and checked, and its models loaded when they are asked for; only a new
// version of a model that is in memory, a pinned one, and one that load() names are loaded here.
// Owns the memory and the leases of today; engine and metrics outlive it. Safe from any thread; loads follow one another.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/session.hpp"
#include "server/engine/engine.hpp"
#include "server/metrics/metrics.hpp"
#include "server/models/model_memory.hpp"
#include "server/models/served_model.hpp"

namespace sluice::server {

// What became of one bundle in a load.
struct LoadReport {
  std::string name;     // of the bundle; of its folder where the manifest cannot be read
  std::string version;  // that is served now; empty: none
  LoadOutcome outcome = LoadOutcome::kUnchanged;
  std::optional<Error> problem;  // where it failed
  bool same_version = false;     // loaded in place of another of the same version, which clients may still hold
};

// One row of the index.
struct ModelStatus {
  std::string name;
  std::string version;  // empty: none is served
  bool ready = false;
  std::string reason;  // why it is not, or why a newer version is not served
  std::string memory;  // "resident", "loading", "cold" or "elsewhere"; empty: there is no budget, and it is here
};

struct MemoryOptions {
  residency::ResidencyOptions residency;    // budget_bytes 0: all models stay in memory
  std::set<std::string, std::less<>> pins;  // bundles whose models stay in memory
};

class ModelRegistry final : public pipeline::ServedBundles {
 public:
  // `folder` is a bundle or holds bundles. Loads nothing yet.
  ModelRegistry(std::filesystem::path folder, const ModelOptions& options, Engine& engine, Metrics& metrics,
                const MemoryOptions& memory = {});

  // Loads what is new or changed, and lets go of bundles whose folders are gone. kIoError, kNotFound when the folder holds no bundle:
  // then nothing changes.
  Result<std::vector<LoadReport>> reload();
  // The same for the bundle of one name, which may have been unloaded. kNotFound when the folder has none.
  Result<LoadReport> load(std::string_view name);
  // Serves it no longer. kNotFound when it is not served.
  Result<void> unload(std::string_view name);

  ServedLease acquire(std::string_view name) const;  // nullptr: not served
  std::vector<ServedLease> all() const;              // by name
  std::vector<ModelStatus> index() const;

  pipeline::BundleLease find(std::string_view name) const override { return acquire(name); }
  std::string names() const override;

  ModelMemory& memory() { return memory_; }
  bool has_budget() const { return memory_.bounded(); }

 private:
  using Names = std::set<std::string, std::less<>>;

  struct Entry {
    ServedLease served;            // may be null
    std::filesystem::path folder;  // where it lies
    std::string problem;           // of the last load
    bool unloaded = false;         // by request: reload() leaves it so
  };

  LoadReport load_folder(const std::filesystem::path& path, const Names& taken, std::string_view only);
  Result<void> bring_in(const ServedLease& served, bool by_request);
  std::string name_of(const std::filesystem::path& path) const;

  const std::filesystem::path folder_;
  const ModelOptions options_;
  Engine& engine_;
  Metrics& metrics_;
  const Names pins_;
  ModelMemory memory_;
  std::mutex loading_;
  mutable std::mutex mutex_;  // of the entries
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace sluice::server
