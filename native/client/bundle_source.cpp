#include "native/client/bundle_source.hpp"

#include <utility>

#include "core/questions/table.hpp"
#include "native/client/download.hpp"
#include "native/client/server_address.hpp"

namespace sluice::client {
namespace {

constexpr std::string_view kManifestFile = "/manifest.json";

}  // namespace

bool is_bundle_address(std::string_view place) { return place.starts_with("http://") || place.starts_with("https://"); }

BundleSource::BundleSource(std::string place, BundleAccess access)
    : place_(std::move(place)), access_(std::move(access)), is_address_(is_bundle_address(place_)) {
  if (!is_address_) return;
  if (place_.ends_with(kManifestFile)) place_.resize(place_.size() - kManifestFile.size());
  while (place_.ends_with('/')) place_.pop_back();
  if (!same_server(place_, access_.server)) access_.token.clear();
}

Result<pipeline::Manifest> BundleSource::manifest(std::stop_token stop) const {
  if (!is_address_) return bundle::read_manifest(place_);
  const auto text = fetch(kManifestFile, pipeline::kMaxManifestBytes, std::move(stop));
  if (!text) return fail(text.error());
  auto manifest = questions::parse_manifest(*text);
  if (!manifest) return fail(manifest.error().code, {place_, kManifestFile, ": ", manifest.error().message});
  return manifest;
}

Result<bundle::Bundle> BundleSource::read(const PartsOf& wanted, std::stop_token stop) const {
  auto manifest = this->manifest(stop);
  if (!manifest) return fail(manifest.error());
  const std::vector<std::string> names = wanted(*manifest);
  if (!is_address_) return bundle::read_bundle(place_, names);
  bundle::Bundle bundle{std::move(*manifest), {}};
  for (const std::string& name : names) {
    const pipeline::Part* part = bundle.manifest.find_part(name);
    if (part == nullptr) return fail(ErrorCode::kNotFound, {"the bundle at ", place_, " has no part '", name, "'"});
    auto bytes = fetch("/" + part->file, part->bytes, stop);
    if (!bytes) return fail(bytes.error());
    if (auto whole = bundle::check_part(*part, as_bytes(*bytes), place_ + "/" + part->file); !whole)
      return fail(whole.error());
    bundle.parts.emplace(name, std::move(*bytes));
  }
  return bundle;
}

Result<std::string> BundleSource::fetch(std::string_view file, std::size_t limit_bytes, std::stop_token stop) const {
  DownloadNeed need;
  need.limit_bytes = limit_bytes;
  need.token = access_.token;
  need.ca_file = access_.ca_file;
  return download(place_ + std::string(file), need, std::move(stop));
}

}  // namespace sluice::client
