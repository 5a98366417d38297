#include "server/models/model_registry.hpp"

#include <exception>
#include <new>
#include <utility>

namespace sluice::server {

namespace {

// Reads, checks and runs it. What a bundle asks of memory is its author's choice, so that running out of it is a failed load.
Result<ServedLease> load_bundle(const std::filesystem::path& path, Engine& engine, ModelMemory& memory,
                                Metrics& metrics, const ModelOptions& options) {
  try {
    auto bundle = open_bundle(path, options.max_part_bytes, !options.upstream.empty());
    if (!bundle) return fail(bundle.error());
    return ServedModel::make(std::move(*bundle), engine, memory, metrics, options);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory,
                {path.string(), ": there is not enough memory to load it beside what is served"});
  } catch (const std::exception& problem) {
    return fail(ErrorCode::kInternal, {path.string(), ": ", problem.what()});
  }
}

}  // namespace

ModelRegistry::ModelRegistry(std::filesystem::path folder, const ModelOptions& options, Engine& engine,
                             Metrics& metrics, const MemoryOptions& memory)
    : folder_(std::move(folder)),
      options_(options),
      engine_(engine),
      metrics_(metrics),
      pins_(memory.pins),
      memory_(memory.residency, metrics) {}

// With a budget: into memory where that cannot wait for its first request. The version that it replaces gives its pin up, and has it
// back where the new one can't be loaded.
Result<void> ModelRegistry::bring_in(const ServedLease& served, bool by_request) {
  if (!memory_.bounded() || served->bundle().elsewhere) return {};
  const ServedLease old = acquire(served->name);
  const bool pinned = pins_.contains(served->name);
  const bool was_here = old != nullptr && old->place().where() != ModelWhere::kCold;
  Result<void> ok;
  if (pinned) {
    if (old != nullptr) old->place().unpin();
    ok = served->place().pin();
  }
  if (ok && (by_request || pinned || was_here)) ok = served->place().load_now();
  if (!ok && pinned && old != nullptr) static_cast<void>(old->place().pin());
  return ok;
}

// Loads the bundle in a folder, unless its name is among `taken`; with `only`, no bundle of another name, and then one that was
// unloaded as well.
LoadReport ModelRegistry::load_folder(const std::filesystem::path& path, const Names& taken, std::string_view only) {
  LoadReport report;
  report.name = name_of(path);
  const auto failed = [&](const Error& error) {
    report.outcome = LoadOutcome::kFailed;
    report.problem = error;
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[report.name];
    if (entry.folder.empty()) entry.folder = path;
    entry.problem = describe(error);
    if (entry.served != nullptr) report.version = entry.served->version;
    return report;
  };

  auto manifest = read_bundle_manifest(path);
  if (manifest) report.name = manifest->manifest.name;
  if (!only.empty() && report.name != only) return report;
  if (!manifest) return failed(manifest.error());
  if (taken.contains(report.name)) {
    const Error twice{ErrorCode::kInvalidArgument, "two bundles are named '" + report.name + "'; the second, in " +
                                                       path.string() + ", is not served"};
    report.name = path.filename().string();  // the folder's fault, not that of the bundle that is served
    return failed(twice);
  }
  ServedLease unchanged;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[report.name];
    if (!only.empty()) entry.unloaded = false;
    if (entry.unloaded) return report;
    const bool came = entry.served != nullptr && entry.served->bundle().elsewhere && has_model_file(*manifest);
    if (entry.served != nullptr && entry.served->bundle().manifest_text == manifest->manifest_text && !came) {
      entry.problem.clear();
      report.version = entry.served->version;
      unchanged = entry.served;
    }
  }
  if (unchanged != nullptr) {
    if (only.empty() || !memory_.bounded()) return report;
    if (auto ok = unchanged->place().load_now(); !ok) return failed(ok.error());
    return report;
  }
  auto served = load_bundle(path, engine_, memory_, metrics_, options_);
  if (!served) return failed(served.error());
  if (auto ok = bring_in(*served, !only.empty()); !ok) return failed(ok.error());
  report.version = (*served)->version;
  report.outcome = LoadOutcome::kLoaded;
  ServedLease replaced;  // freed outside the lock, if this was the last lease
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[report.name];
  replaced = std::exchange(entry.served, std::move(*served));
  report.same_version = replaced != nullptr && replaced->version == report.version;
  entry.folder = path;
  entry.problem.clear();
  return report;
}

// Of the bundle that lay in a folder when it could last be read; else the folder's own.
std::string ModelRegistry::name_of(const std::filesystem::path& path) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, entry] : entries_) {
    if (entry.folder == path) return name;
  }
  return path.filename().string();
}

Result<std::vector<LoadReport>> ModelRegistry::reload() {
  const std::lock_guard one_at_a_time(loading_);
  const auto folders = find_bundles(folder_);
  if (!folders) return fail(folders.error());
  std::vector<LoadReport> reports;
  Names seen;
  std::map<std::filesystem::path, const LoadReport> found;
  for (const auto& path : *folders) {
    reports.push_back(load_folder(path, seen, {}));
    seen.insert(reports.back().name);
    found.emplace(path, reports.back());
  }
  std::vector<ServedLease> gone;  // freed outside the lock
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (seen.contains(entry->first)) {
      ++entry;
      continue;
    }
    std::error_code ignored;
    const std::string folder = entry->second.folder.string();
    const auto now_there = found.find(folder);
    // Renamed, and served under the new name; else about to be written again, it seems, or renamed into one that can't be served.
    const bool renamed = now_there != found.end() && now_there->second.outcome != LoadOutcome::kFailed;
    if (!renamed && std::filesystem::is_directory(folder, ignored)) {
      const Error error{ErrorCode::kNotFound, now_there == found.end() ? folder + " holds no manifest.json any more"
                                                                       : folder + " holds '" + now_there->second.name +
                                                                             "' now, which can't be loaded"};
      entry->second.problem = describe(error);
      const auto& served = entry->second.served;
      reports.push_back({entry->first, served ? served->version : "", LoadOutcome::kFailed, error});
      ++entry;
      continue;
    }
    reports.push_back({entry->first, {}, LoadOutcome::kRemoved, {}});
    gone.push_back(std::move(entry->second.served));
    entry = entries_.erase(entry);
  }
  return reports;
}

Result<LoadReport> ModelRegistry::load(std::string_view name) {
  const std::lock_guard one_at_a_time(loading_);
  const auto folders = find_bundles(folder_);
  if (!folders) return fail(folders.error());
  for (const auto& path : *folders) {
    auto report = load_folder(path, {}, name);
    if (report.name == name) return report;
  }
  return fail(ErrorCode::kNotFound, {"no bundle in ", folder_.string(), " is named '", name.substr(0, 64), "'"});
}

Result<void> ModelRegistry::unload(std::string_view name) {
  const std::lock_guard one_at_a_time(loading_);
  ServedLease gone;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.served == nullptr) {
    return fail(ErrorCode::kNotFound, {"no bundle '", name.substr(0, 64), "' is served"});
  }
  gone = std::move(found->second.served);
  gone->place().unpin();
  found->second.problem.clear();
  found->second.unloaded = true;
  return {};
}

ServedLease ModelRegistry::acquire(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.served;
}

std::vector<ServedLease> ModelRegistry::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ServedLease> leases;
  for (const auto& [name, entry] : entries_) {
    if (entry.served != nullptr) leases.push_back(entry.served);
  }
  return leases;
}

std::vector<ModelStatus> ModelRegistry::index() const {
  const std::lock_guard lock(mutex_);
  std::vector<ModelStatus> rows;
  for (const auto& [name, entry] : entries_) {
    ModelStatus row{name, "", entry.served != nullptr, entry.unloaded ? "unloaded" : entry.problem, ""};
    if (entry.served != nullptr) {
      row.version = entry.served->version;
      if (memory_.bounded() || entry.served->bundle().elsewhere) row.memory = where_name(entry.served->place().where());
      if (const auto problem = entry.served->place().problem()) {
        row.ready = false;
        row.reason = describe(*problem);
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string ModelRegistry::names() const {
  std::string text;
  for (const auto& model : all()) text += (text.empty() ? "" : ", ") + model->name;
  return text.empty() ? "none" : text;
}

}  // namespace sluice::server
