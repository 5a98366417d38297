#include "native/client/bundle_source.hpp"

#include <utility>

#include "core/questions/table.hpp"
#include "native/client/download.hpp"
#include "native/client/server_address.hpp"

namespace sluice::client {
namespace {

constexpr std::string_view kManifestFile = "/manifest.json";
constexpr int kTriesAgain = 2;

}  // namespace

bool is_bundle_address(std::string_view place) { return place.starts_with("http://") || place.starts_with("https://"); }

BundleSource::BundleSource(std::string place, BundleAccess access)
    : place_(std::move(place)), access_(std::move(access)), is_address_(is_bundle_address(place_)) {
  if (!is_address_) return;
  while (place_.ends_with('/')) place_.pop_back();
  if (place_.ends_with(kManifestFile)) place_.resize(place_.size() - kManifestFile.size());
  token_withheld_ = !access_.token.empty() && !same_server(place_, access_.server);
  if (token_withheld_) access_.token.clear();
}

Result<pipeline::Manifest> BundleSource::manifest(std::stop_token stop) const {
  if (!is_address_) return bundle::read_manifest(place_);
  const auto text = manifest_text(std::move(stop));
  if (!text) return fail(text.error());
  auto manifest = questions::parse_manifest(*text);
  if (!manifest) return fail(manifest.error().code, {place_, kManifestFile, ": ", manifest.error().message});
  return manifest;
}

Result<std::string> BundleSource::manifest_text(std::stop_token stop) const {
  if (!is_address_) return bundle::read_file(place_ + std::string(kManifestFile), pipeline::kMaxManifestBytes);
  return fetch(kManifestFile, pipeline::kMaxManifestBytes, std::move(stop));
}

Result<bundle::Bundle> BundleSource::read(const PartsOf& wanted, std::stop_token stop) const {
  auto bundle = read_once(wanted, stop);
  // Manifest and parts may have come from two servers behind one address while they are given a new version.
  for (int again = 0; !bundle && is_address_ && !stop.stop_requested() && again < kTriesAgain; ++again)
    bundle = read_once(wanted, stop);
  return bundle;
}

Result<bundle::Bundle> BundleSource::read_once(const PartsOf& wanted, const std::stop_token& stop) const {
  auto manifest = this->manifest(stop);
  if (!manifest) return fail(manifest.error());
  const std::vector<std::string> names = wanted(*manifest);
  if (!is_address_) return bundle::read_bundle(place_, names);
  bundle::Bundle bundle{std::move(*manifest), {}};
  for (const std::string& name : names) {
    const pipeline::Part* part = bundle.manifest.find_part(name);
    if (part == nullptr) return fail(ErrorCode::kNotFound, {"the bundle at ", place_, " has no part '", name, "'"});
    if (part->bytes > bundle::kMaxPartBytes) {
      return fail(ErrorCode::kOutOfMemory,
                  {place_, "/", part->file, " has ", part->bytes, " bytes; the limit is ", bundle::kMaxPartBytes});
    }
    auto bytes = fetch("/" + part->file, part->bytes, stop);
    if (!bytes) return fail(bytes.error());
    if (auto whole = bundle::check_part(*part, as_bytes(*bytes), place_ + "/" + part->file); !whole)
      return fail(whole.error());
    bundle.parts.emplace(name, std::move(*bytes));
  }
  return bundle;
}

Result<std::string> BundleSource::fetch(std::string_view file, std::size_t limit_bytes, std::stop_token stop) const {
  const std::size_t host = place_.find("://") + 3;
  if (place_.find_first_of("?#") != std::string::npos ||
      place_.substr(host, place_.find('/', host) - host).find('@') != std::string::npos)
    return fail(ErrorCode::kInvalidArgument,
                "a bundle's address has no user name, no '?' and no '#'; a token is given by itself");
  DownloadNeed need;
  need.limit_bytes = limit_bytes;
  need.token = access_.token;
  need.ca_file = access_.ca_file;
  auto bytes = download(place_ + std::string(file), need, std::move(stop));
  if (!bytes && bytes.error().code == ErrorCode::kUnauthenticated && token_withheld_) {
    return fail(bytes.error().code, {bytes.error().message, "; the token was not sent along, since it is for ",
                                     access_.server, ", another host, port or scheme"});
  }
  return bytes;
}

}  // namespace sluice::client
