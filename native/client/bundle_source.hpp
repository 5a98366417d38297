// Where a gate's bundle comes from: a folder, or an address whose manifest.json and parts are fetched, /bundles/NAME of a server for
// example. Read when a gate opens, and again when its server has another version. Immutable; any thread.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"

namespace sluice::client {

// What stands in the way to an address.
struct BundleAccess {
  std::string server;   // the gate's; a token goes to this host, port and scheme alone
  std::string token;    // none when empty
  std::string ca_file;  // none when empty
};

class BundleSource {
 public:
  // The parts that are to be read, given the manifest.
  using PartsOf = std::function<std::vector<std::string>(const pipeline::Manifest&)>;

  // `place`: a folder, or "http://..." or "https://...", with or without "/manifest.json" at its end.
  explicit BundleSource(std::string place, BundleAccess access = {});

  const std::string& place() const { return place_; }

  // As bundle::read_manifest() and read_bundle(); from an address also download()'s errors. Every part is held against the manifest's
  // size and hash.
  Result<pipeline::Manifest> manifest(std::stop_token stop = {}) const;
  // The same as it was written, which holds notes for people as well; nothing of it was checked.
  Result<std::string> manifest_text(std::stop_token stop = {}) const;
  Result<bundle::Bundle> read(const PartsOf& wanted, std::stop_token stop = {}) const;

 private:
  Result<bundle::Bundle> read_once(const PartsOf& wanted, const std::stop_token& stop) const;
  Result<std::string> fetch(std::string_view file, std::size_t limit_bytes, std::stop_token stop) const;

  std::string place_;
  BundleAccess access_;
  bool is_address_;
  bool token_withheld_ = false;
};

// "http://..." or "https://...".
bool is_bundle_address(std::string_view place);

}  // namespace sluice::client
