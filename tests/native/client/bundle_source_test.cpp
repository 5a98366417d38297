// Bundles from folders and addresses: what comes is held against the manifest, and what cannot be had is named.
#include <doctest/doctest.h>

#include "native/client/bundle_source.hpp"
#include "native/client/download.hpp"
#include "native/client/server_address.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using test::contains;

namespace {

std::vector<std::string> all_parts(const pipeline::Manifest& manifest) {
  std::vector<std::string> names;
  for (const pipeline::Part& part : manifest.parts) names.push_back(part.name);
  return names;
}

}  // namespace

TEST_CASE("a folder and an address give the same bundle") {
  const test::TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  test::ServerProgram server(folder.path().string(), 0, {"--web-root", folder.path().string()});
  const std::string host = "http://127.0.0.1:" + std::to_string(server.port());
  const auto from_folder = BundleSource((folder.path() / "bright").string()).read(all_parts);
  REQUIRE(from_folder);
  for (const char* path : {"/bundles/bright", "/bundles/bright/", "/bundles/bright/manifest.json", "/bright"}) {
    const auto fetched = BundleSource(host + path).read(all_parts);
    REQUIRE_MESSAGE(fetched, describe(fetched.error()));
    CHECK(fetched->manifest.version == from_folder->manifest.version);
    CHECK(fetched->parts == from_folder->parts);
  }

  SUBCASE("what is not there, and who does not answer, is named") {
    const auto missing = BundleSource(host + "/bundles/dark").manifest();
    REQUIRE(!missing);
    CHECK(missing.error().code == ErrorCode::kFetchFailed);
    CHECK_MESSAGE(contains(missing.error().message, host + "/bundles/dark/manifest.json: status 404"),
                  missing.error().message);
    server.kill();
    const auto gone = BundleSource(host + "/bundles/bright").manifest();
    REQUIRE(!gone);
    CHECK(gone.error().code == ErrorCode::kFetchFailed);
    CHECK_MESSAGE(contains(gone.error().message, "127.0.0.1"), gone.error().message);
  }
  SUBCASE("a part that is longer than the manifest says is not read to its end") {
    std::filesystem::resize_file(folder.path() / "bright/filter.onnx", std::size_t{8} << 20);
    const auto read = BundleSource(host + "/bright").read(all_parts);
    REQUIRE(!read);
    CHECK(read.error().code == ErrorCode::kFetchFailed);
    CHECK_MESSAGE(contains(read.error().message, "filter.onnx: more than the"), read.error().message);
  }
  SUBCASE("a part with another content is refused") {
    std::string bytes = bundle::read_file(folder.path() / "bright/filter.onnx").value();
    bytes.back() ^= 1;
    folder.write("bright/filter.onnx", bytes);
    const auto read = BundleSource(host + "/bright").read(all_parts);
    REQUIRE(!read);
    CHECK(read.error().code == ErrorCode::kBundlePartCorrupt);
  }
  SUBCASE("a page in a manifest's place is a malformed manifest") {
    folder.write("page/manifest.json", "<!doctype html>");
    const auto read = BundleSource(host + "/page").manifest();
    REQUIRE(!read);
    CHECK(read.error().code == ErrorCode::kMalformedManifest);
  }
}

TEST_CASE("a token goes along to the gate's own server, and to no other") {
  const test::TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bundles/bright");
  // The SHA-256 of "alpha".
  const std::string tokens =
      folder.write("tokens", "camera 8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8\n");
  test::ServerProgram server((folder.path() / "bundles").string(), 0, {"--token-file", tokens});
  const std::string host = "127.0.0.1:" + std::to_string(server.port());
  const std::string address = "http://" + host + "/bundles/bright";
  CHECK(BundleSource(address, {"ws://" + host, "alpha", ""}).manifest().has_value());
  for (const BundleAccess& access : {BundleAccess{"ws://" + host, "beta", ""}, BundleAccess{"ws://" + host, "", ""},
                                     BundleAccess{"ws://127.0.0.1:1", "alpha", ""}}) {
    const auto refused = BundleSource(address, access).manifest();
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::kUnauthenticated);
  }
}

TEST_CASE("an address is the server's where host, port and scheme are") {
  CHECK(same_server("http://host:8080/bundles/faces", "ws://host:8080"));
  CHECK(same_server("http://host:8080/bundles/faces", "host:8080"));
  CHECK(same_server("https://host/bundles/faces", "wss://host/v1/stream"));
  CHECK(!same_server("http://host:8081/bundles/faces", "ws://host:8080"));
  CHECK(!same_server("https://host:8080/bundles/faces", "ws://host:8080"));
  CHECK(!same_server("http://other:8080/bundles/faces", "ws://host:8080"));
  CHECK(!same_server("http://host:8080.evil.example/bundles", "ws://host:8080"));
  CHECK(!same_server("http://host:8080", ""));
}

TEST_CASE("a download stops when it is told to") {
  std::stop_source stop;
  stop.request_stop();
  const auto stopped =
      download("http://127.0.0.1:9/file", {.limit_bytes = 10, .token = {}, .ca_file = {}}, stop.get_token());
  REQUIRE(!stopped);
  CHECK(stopped.error().code == ErrorCode::kCancelled);
}
