// A bundle on disk: its manifest and the files that the manifest names, each checked against size and SHA-256 when opened.
// What a BundleFolder holds was verified; files that change afterwards are not noticed. Plain data once opened.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"

namespace sluice::server {

struct BundleFolder {
  std::filesystem::path folder;
  pipeline::Manifest manifest;
  std::string manifest_text;       // as on disk
  std::vector<std::string> parts;  // contents, in the order of manifest.parts

  // The contents of a part, or nullptr.
  const std::string* find_part(std::string_view name) const;
};

// The manifest alone, without parts.
Result<BundleFolder> read_bundle_manifest(const std::filesystem::path& folder);

// kMalformedManifest, kBundlePartMissing, kBundlePartCorrupt (naming part, expected and found), kOutOfMemory above
// `max_part_bytes`.
Result<BundleFolder> open_bundle(const std::filesystem::path& folder, std::size_t max_part_bytes);

// The bundles below `folder`: itself when it holds a manifest.json, else each sub-folder that does, by name.
Result<std::vector<std::filesystem::path>> find_bundles(const std::filesystem::path& folder);

}  // namespace sluice::server
