#include "native/bundle/bundle_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "core/questions/table.hpp"
#include "native/bundle/sha256.hpp"

namespace sluice::bundle {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifestFile = "manifest.json";

Failure io_failure(const fs::path& path, const std::string& what) {
  return fail(ErrorCode::kIoError, path.string() + ": " + what);
}

Result<void> write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) return io_failure(path, "cannot be written; is the disk full?");
  return {};
}

// Without links and a slash at its end, so that what is put beside it lies beside the folder itself.
fs::path plain_path(const fs::path& folder) {
  std::error_code unknown;
  const fs::path plain = fs::weakly_canonical(folder, unknown);
  if (unknown || plain.empty()) return folder;
  return plain.has_filename() ? plain : plain.parent_path();
}

Result<std::string> read_part(const fs::path& folder, const pipeline::Part& part) {
  const fs::path path = folder / part.file;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return fail(ErrorCode::kBundlePartMissing,
                "part '" + part.name + "' should be the file " + path.string() + ", which is not there");
  }
  auto bytes = read_file(path);
  if (!bytes) return bytes;
  if (auto whole = check_part(part, as_bytes(*bytes), path.string()); !whole) return fail(whole.error());
  return bytes;
}

Result<Bundle> read_parts(const fs::path& folder, pipeline::Manifest manifest, std::span<const std::string> names) {
  Bundle bundle{std::move(manifest), {}};
  for (const std::string& name : names) {
    const pipeline::Part* part = bundle.manifest.find_part(name);
    if (part == nullptr)
      return fail(ErrorCode::kNotFound, "the bundle in " + folder.string() + " has no part '" + name + "'");
    auto bytes = read_part(folder, *part);
    if (!bytes) return fail(bytes.error());
    bundle.parts.emplace(name, std::move(*bytes));
  }
  return bundle;
}

}  // namespace

Bytes Bundle::part(std::string_view name) const {
  const auto found = parts.find(name);
  return found == parts.end() ? Bytes() : std::as_bytes(std::span(found->second));
}

std::vector<pipeline::PartBytes> Bundle::part_bytes() const {
  std::vector<pipeline::PartBytes> contents;
  for (const auto& [name, bytes] : parts) contents.push_back({name, as_bytes(bytes)});
  return contents;
}

Result<void> check_part(const pipeline::Part& part, Bytes bytes, std::string_view place) {
  const auto hash = sha256_hex(bytes);
  if (!hash) return fail(hash.error());
  if (bytes.size() == part.bytes && *hash == part.sha256) return {};
  return fail(ErrorCode::kBundlePartCorrupt, {place, " has ", bytes.size(), " bytes and sha256 ", *hash,
                                              "; the manifest says ", part.bytes, " and ", part.sha256});
}

Result<std::string> read_file(const fs::path& path, std::size_t limit_bytes) {
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error) return io_failure(path, error.message());
  if (bytes > limit_bytes) {
    return fail(ErrorCode::kOutOfMemory, path.string() + " has " + std::to_string(bytes) + " bytes; the limit is " +
                                             std::to_string(limit_bytes));
  }
  std::string contents(bytes, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(contents.data(), static_cast<std::streamsize>(bytes))) return io_failure(path, "cannot be read");
  return contents;
}

Result<pipeline::Manifest> read_manifest(const fs::path& folder) {
  const fs::path path = folder / kManifestFile;
  auto text = read_file(path, pipeline::kMaxManifestBytes);
  if (!text) return fail(text.error());
  auto manifest = questions::parse_manifest(*text);
  if (!manifest) return fail(manifest.error().code, path.string() + ": " + manifest.error().message);
  return manifest;
}

Result<Bundle> read_bundle(const fs::path& folder) {
  auto manifest = read_manifest(folder);
  if (!manifest) return fail(manifest.error());
  std::vector<std::string> names;
  for (const pipeline::Part& part : manifest->parts) names.push_back(part.name);
  return read_parts(folder, std::move(*manifest), names);
}

Result<Bundle> read_bundle(const fs::path& folder, std::span<const std::string> parts) {
  auto manifest = read_manifest(folder);
  if (!manifest) return fail(manifest.error());
  return read_parts(folder, std::move(*manifest), parts);
}

Result<void> replace_bundle(const fs::path& folder, Bundle bundle) {
  std::map<std::string, std::string> files;
  for (pipeline::Part& part : bundle.manifest.parts) {
    const auto contents = bundle.parts.find(part.name);
    if (contents == bundle.parts.end() || contents->second.empty())
      continue;  // lies elsewhere: the manifest says what it must be
    const auto hash = sha256_hex(as_bytes(contents->second));
    if (!hash) return fail(hash.error());
    part.bytes = contents->second.size();
    part.sha256 = *hash;
    files[part.file] = std::move(contents->second);
  }
  const auto manifest = questions::write_manifest(bundle.manifest);
  if (!manifest) return fail(manifest.error());
  files[kManifestFile] = *manifest + "\n";
  return replace_files(folder, folder, files);
}

Result<void> replace_files(const fs::path& from, const fs::path& into,
                           const std::map<std::string, std::string>& files) {
  std::error_code error;
  const fs::path to = plain_path(into);
  const fs::path partial = to.string() + ".partial." + std::to_string(::getpid());
  fs::remove_all(partial, error);
  if (fs::exists(from)) {
    fs::copy(from, partial, fs::copy_options::recursive, error);
  } else {
    fs::create_directories(partial, error);
  }
  if (error) return io_failure(partial, error.message());
  for (const auto& [name, contents] : files) {
    if (auto written = write_file(partial / name, contents); !written) return written;
  }
  if (!fs::exists(to)) {
    fs::rename(partial, to, error);
    if (error) return io_failure(to, error.message());
    return {};
  }
  // One step, so that there is no moment without a bundle; what stood there is now the partial folder.
  if (::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) != 0) {
    return io_failure(to, std::string("cannot be replaced: ") + std::strerror(errno));
  }
  fs::remove_all(partial, error);
  return {};
}

}  // namespace sluice::bundle
