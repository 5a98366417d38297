// A bundle on this machine's disk: reading one with every part checked against the manifest's size and hash, and
// replacing one as a whole. A folder being written is never visible half done. Plain data once read.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"

namespace sluice::bundle {

inline constexpr std::size_t kMaxPartBytes = std::size_t{512} << 20;

struct Bundle {
  pipeline::Manifest manifest;
  std::map<std::string, std::string, std::less<>> parts;  // contents by the part's name

  // The part's bytes, or empty.
  Bytes part(std::string_view name) const;
  // All that were read, for pipeline::make_questions(); borrowed from this bundle.
  std::vector<pipeline::PartBytes> part_bytes() const;
};

// The manifest alone. kMalformedManifest names the file.
Result<pipeline::Manifest> read_manifest(const std::filesystem::path& folder);

// Reads manifest.json and the parts, or only those of the names given (a client without the full model needs the filter
// alone). kBundlePartMissing, kBundlePartCorrupt and kMalformedManifest say which and where.
Result<Bundle> read_bundle(const std::filesystem::path& folder);
Result<Bundle> read_bundle(const std::filesystem::path& folder, std::span<const std::string> parts);

// kBundlePartCorrupt, with `place`, unless these are the bytes that the manifest promises.
Result<void> check_part(const pipeline::Part& part, Bytes bytes, std::string_view place);

// The whole of a file; kIoError, or kOutOfMemory above `limit_bytes`.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t limit_bytes = kMaxPartBytes);

// Writes the manifest and the parts that are given, filling in their sizes and hashes, and puts the folder in place of
// `folder` by renaming. Files of the old folder that are no parts (a README) are kept. On failure the old one stands.
Result<void> replace_bundle(const std::filesystem::path& folder, Bundle bundle);

// The same with files by their names, whatever is in them: a copy of `from`, with these in it, takes the place of `to`, which may be
// the same folder or not be there yet.
Result<void> replace_files(const std::filesystem::path& from, const std::filesystem::path& to,
                           const std::map<std::string, std::string>& files);

}  // namespace sluice::bundle
