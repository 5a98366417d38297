// Bundles on disk: what is served was verified, and a bundle that is not right keeps the server from starting.
#include <doctest/doctest.h>

#include "server/bench/identity_model.hpp"
#include "server/store/bundle_folder.hpp"
#include "server/store/model_store.hpp"
#include "server/store/sha256.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::size_t kLimit = 16 << 20;

ErrorCode open_error(const std::filesystem::path& folder, std::size_t limit = kLimit) {
  const auto bundle = server::open_bundle(folder, limit);
  REQUIRE(!bundle);
  return bundle.error().code;
}

}  // namespace

TEST_CASE("SHA-256 of known texts") {
  CHECK(*server::sha256_hex(as_bytes("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(*server::sha256_hex(as_bytes("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a bundle is opened only as its manifest describes it") {
  TemporaryFolder folder;
  write_plain_bundle(folder.path(), "identity", server::identity_onnx(4), 4);
  const auto bundle = folder.path() / "identity";
  CHECK(server::open_bundle(bundle, kLimit));
  const auto onnx = read_file(bundle / "model.onnx");
  SUBCASE("one bit differs") {
    auto changed = onnx;
    changed[changed.size() / 2] ^= 1;
    write_all(bundle / "model.onnx", changed);
    CHECK(open_error(bundle) == ErrorCode::kBundlePartCorrupt);
  }
  SUBCASE("truncated") {
    write_all(bundle / "model.onnx", onnx.substr(0, onnx.size() - 1));
    CHECK(open_error(bundle) == ErrorCode::kBundlePartCorrupt);
  }
  SUBCASE("missing") {
    std::filesystem::remove(bundle / "model.onnx");
    CHECK(open_error(bundle) == ErrorCode::kBundlePartMissing);
  }
  SUBCASE("larger than the limit") { CHECK(open_error(bundle, 10) == ErrorCode::kOutOfMemory); }
  SUBCASE("manifest truncated") {
    const auto text = read_file(bundle / "manifest.json");
    write_all(bundle / "manifest.json", text.substr(0, text.size() / 2));
    CHECK(open_error(bundle) == ErrorCode::kMalformedManifest);
  }
  SUBCASE("no manifest") {
    std::filesystem::remove(bundle / "manifest.json");
    CHECK(open_error(bundle) == ErrorCode::kIoError);
  }
}

TEST_CASE("the store loads all bundles of a folder, or one, or says what is wrong") {
  TemporaryFolder folder;
  auto engine = real_engine();
  server::Metrics metrics;
  CHECK(server::ModelStore::open(folder.path(), *engine, metrics, kLimit).error().code == ErrorCode::kNotFound);
  CHECK(server::ModelStore::open(folder.path() / "nowhere", *engine, metrics, kLimit).error().code ==
        ErrorCode::kIoError);
  write_plain_bundle(folder.path(), "one", server::identity_onnx(4), 4);
  write_plain_bundle(folder.path(), "two", server::identity_onnx(8), 8);
  write_all(folder.path() / "notes/readme.txt", "no bundle");
  {
    const auto store = server::ModelStore::open(folder.path(), *engine, metrics, kLimit);
    REQUIRE(store);
    CHECK((*store)->names() == "one, two");
    CHECK((*store)->find("two") == std::size_t{1});
    CHECK(!(*store)->find("three"));
  }
  const auto single = server::ModelStore::open(folder.path() / "two", *engine, metrics, kLimit);
  REQUIRE(single);
  CHECK((*single)->names() == "two");
  // A model that is ONNX but does not take what the manifest makes of pictures.
  write_plain_bundle(folder.path(), "three", server::identity_onnx(4), 5);
  const auto mismatch = server::ModelStore::open(folder.path(), *engine, metrics, kLimit);
  REQUIRE(!mismatch);
  CHECK(mismatch.error().code == ErrorCode::kShapeMismatch);
  CHECK(mismatch.error().message.find("three") != std::string::npos);
  // Whole by hash, but no model.
  write_plain_bundle(folder.path(), "three", "not a model", 4);
  CHECK(server::ModelStore::open(folder.path(), *engine, metrics, kLimit).error().code == ErrorCode::kMalformedModel);
}
