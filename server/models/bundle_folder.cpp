#include "server/models/bundle_folder.hpp"

#include <algorithm>
#include <utility>

#include "core/questions/table.hpp"
#include "server/models/file_bytes.hpp"
#include "server/models/sha256.hpp"

namespace sluice::server {

namespace {

constexpr const char* kManifestFile = "manifest.json";

// Before it is read: a file of another size is refused for nothing.
Result<void> check_file(const std::filesystem::path& path, const pipeline::Part& part) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return fail(ErrorCode::kBundlePartMissing, "part '" + part.name + "': there is no file " + path.string());
  }
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size != part.bytes) {
    return fail(ErrorCode::kBundlePartCorrupt, path.string() + " has " + std::to_string(size) +
                                                   " bytes, the manifest says " + std::to_string(part.bytes));
  }
  return {};
}

Result<std::string> read_part(const std::filesystem::path& folder, const pipeline::Part& part,
                              std::size_t limit_bytes) {
  const auto path = folder / part.file;
  if (auto ok = check_file(path, part); !ok) return fail(ok.error());
  auto bytes = read_file(path, limit_bytes);
  if (!bytes) return bytes;
  const auto hash = sha256_hex(as_bytes(*bytes));
  if (!hash) return fail(hash.error());
  if (*hash != part.sha256) {
    return fail(ErrorCode::kBundlePartCorrupt,
                path.string() + " has SHA-256 " + *hash + ", the manifest says " + part.sha256);
  }
  return bytes;
}

}  // namespace

PartBytes BundleFolder::share_part(std::string_view name) const {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (manifest.parts[i].name == name) return parts[i];
  }
  return nullptr;
}

Result<BundleFolder> read_bundle_manifest(const std::filesystem::path& folder) {
  BundleFolder bundle;
  bundle.folder = folder;
  auto text = read_file(folder / kManifestFile, pipeline::kMaxManifestBytes);
  if (!text) return fail(text.error());
  bundle.manifest_text = std::move(*text);
  auto manifest = questions::parse_manifest(bundle.manifest_text);
  if (!manifest) {
    return fail(manifest.error().code, (folder / kManifestFile).string() + ": " + manifest.error().message);
  }
  bundle.manifest = std::move(*manifest);
  return bundle;
}

bool has_model_file(const BundleFolder& bundle) {
  const pipeline::Part* model = bundle.manifest.find_part(bundle.manifest.model.part);
  std::error_code none;
  return model != nullptr && std::filesystem::exists(bundle.folder / model->file, none);
}

Result<BundleFolder> open_bundle(const std::filesystem::path& folder, std::size_t max_part_bytes,
                                 bool may_be_elsewhere) {
  auto bundle = read_bundle_manifest(folder);
  if (!bundle) return bundle;
  if (may_be_elsewhere && bundle->manifest.find_part(bundle->manifest.model.part) != nullptr &&
      !has_model_file(*bundle)) {
    bundle->elsewhere = true;
    return bundle;
  }
  for (const auto& part : bundle->manifest.parts) {
    auto bytes = read_part(folder, part, max_part_bytes);
    if (!bytes) return fail(bytes.error());
    bundle->parts.push_back(std::make_shared<const std::string>(std::move(*bytes)));
  }
  return bundle;
}

Result<void> read_parts(BundleFolder& bundle, std::span<const std::string> names, std::size_t max_part_bytes) {
  const auto& parts = bundle.manifest.parts;
  bundle.parts.resize(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (bundle.parts[i] != nullptr || std::ranges::find(names, parts[i].name) == names.end()) continue;
    auto bytes = read_part(bundle.folder, parts[i], max_part_bytes);
    if (!bytes) return fail(bytes.error());
    bundle.parts[i] = std::make_shared<const std::string>(std::move(*bytes));
  }
  return {};
}

Result<void> check_size(const BundleFolder& bundle, const pipeline::Part& part) {
  return check_file(bundle.folder / part.file, part);
}

Result<std::vector<std::filesystem::path>> find_bundles(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  if (std::filesystem::is_regular_file(folder / kManifestFile, error)) {
    found.push_back(folder);
    return found;
  }
  std::filesystem::directory_iterator entries(folder, error);
  if (error) return fail(ErrorCode::kIoError, folder.string() + ": " + error.message());
  for (; entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    std::error_code none;  // of an entry that is no folder
    if (std::filesystem::is_regular_file(entries->path() / kManifestFile, none)) found.push_back(entries->path());
  }
  if (error) return fail(ErrorCode::kIoError, folder.string() + ": " + error.message());
  if (found.empty()) {
    return fail(ErrorCode::kNotFound, folder.string() + " holds no bundle (a folder with a manifest.json)");
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace sluice::server
