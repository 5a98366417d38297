// A bundle on disk: its manifest and the files that the manifest names, each checked against size and SHA-256 when opened.
// What a BundleFolder holds was verified; files that change afterwards are not noticed. Plain data once opened; copies share the files'
// contents.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"

namespace sluice::server {

using PartBytes = std::shared_ptr<const std::string>;

struct BundleFolder {
  std::filesystem::path folder;
  pipeline::Manifest manifest;
  std::string manifest_text;     // as on disk
  std::vector<PartBytes> parts;  // contents, in the order of manifest.parts; null: not in memory
  bool elsewhere = false;        // the file of its model is not here

  // The contents of a part, or nullptr.
  const std::string* find_part(std::string_view name) const { return share_part(name).get(); }
  PartBytes share_part(std::string_view name) const;
};

// The manifest alone, without parts.
Result<BundleFolder> read_bundle_manifest(const std::filesystem::path& folder);

// kMalformedManifest, kBundlePartMissing, kBundlePartCorrupt (naming part, expected and found), kOutOfMemory above
// `max_part_bytes`. Where the model `may_be_elsewhere` a folder without the model's file is no error: none of its parts is read then.
Result<BundleFolder> open_bundle(const std::filesystem::path& folder, std::size_t max_part_bytes,
                                 bool may_be_elsewhere = false);

// Whether the file of the bundle's model is there.
bool has_model_file(const BundleFolder& bundle);

// Reads those parts of an opened bundle that are named and not in memory. The errors of open_bundle(): a file may have changed since.
Result<void> read_parts(BundleFolder& bundle, std::span<const std::string> names, std::size_t max_part_bytes);

// Whether a part's file is there and has its size. Its hash is not looked at.
Result<void> check_size(const BundleFolder& bundle, const pipeline::Part& part);

// The bundles below `folder`: itself when it holds a manifest.json, else each sub-folder that does, by name.
Result<std::vector<std::filesystem::path>> find_bundles(const std::filesystem::path& folder);

}  // namespace sluice::server
