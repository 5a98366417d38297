// Bundles on disk: what is served was verified; versions come and go.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include "server/bench/identity_model.hpp"
#include "server/inference/infer_reply.hpp"
#include "server/models/bundle_folder.hpp"
#include "server/models/model_registry.hpp"
#include "server/models/sha256.hpp"
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
  SUBCASE("of another size, which is not read to be refused") {
    std::filesystem::resize_file(bundle / "model.onnx", std::uintmax_t{1} << 34);
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

namespace {

struct Registry {
  TemporaryFolder folder;
  std::unique_ptr<server::Engine> engine = real_engine();
  server::Metrics metrics;
  server::ModelRegistry models{folder.path(), {}, *engine, metrics};

  void write(const std::string& name, const std::string& version, const std::string& onnx, std::uint32_t side = 4) {
    pipeline::Manifest manifest;
    manifest.name = name;
    manifest.model.input = input::ImageSpec{.width = side, .height = side};
    manifest.model.output.decoder = "none";
    write_bundle(folder.path(), manifest, onnx, version);
  }

  server::LoadReport reload_one(const std::string& name) {
    const auto reports = models.reload();
    REQUIRE(reports);
    for (const auto& report : *reports) {
      if (report.name == name) return report;
    }
    FAIL("no report about " << name);
    return {};
  }
};

}  // namespace

TEST_CASE("the registry loads all bundles of a folder, or one, or says what is wrong") {
  Registry registry;
  auto& models = registry.models;
  CHECK(models.reload().error().code == ErrorCode::kNotFound);
  server::ModelRegistry nowhere(registry.folder.path() / "nowhere", {}, *registry.engine, registry.metrics);
  CHECK(nowhere.reload().error().code == ErrorCode::kIoError);
  registry.write("one", "1", server::identity_onnx(4));
  registry.write("two", "1", server::identity_onnx(8), 8);
  write_all(registry.folder.path() / "notes/readme.txt", "no bundle");
  REQUIRE(models.reload());
  CHECK(models.names() == "one, two");
  CHECK(models.acquire("two")->name == "two");
  CHECK(models.acquire("three") == nullptr);
  server::ModelRegistry single(registry.folder.path() / "two", {}, *registry.engine, registry.metrics);
  REQUIRE(single.reload());
  CHECK(single.names() == "two");

  // A model that is ONNX but does not take what the manifest makes of pictures; the others are served.
  registry.write("three", "1", server::identity_onnx(4), 5);
  const auto mismatch = registry.reload_one("three");
  REQUIRE(mismatch.problem);
  CHECK(mismatch.problem->code == ErrorCode::kShapeMismatch);
  CHECK(mismatch.problem->message.find("three") != std::string::npos);
  // Whole by hash, but no model.
  registry.write("three", "2", "not a model");
  CHECK(registry.reload_one("three").problem->code == ErrorCode::kMalformedModel);
  CHECK(models.names() == "one, two");
  CHECK(models.index().size() == 3);
}

TEST_CASE("a new version takes the old one's place, which lives as long as its leases") {
  Registry registry;
  auto& models = registry.models;
  registry.write("one", "1", server::identity_onnx(4));
  CHECK(registry.reload_one("one").outcome == server::LoadOutcome::kLoaded);
  CHECK(registry.reload_one("one").outcome == server::LoadOutcome::kUnchanged);
  auto lease = models.acquire("one");
  const std::weak_ptr old = lease;
  registry.write("one", "2", server::identity_onnx(4));
  CHECK(registry.reload_one("one").outcome == server::LoadOutcome::kLoaded);
  CHECK(models.acquire("one")->version == "2");
  CHECK(lease->version == "1");
  CHECK(registry.metrics.text().find("version=\"1\"") != std::string::npos);
  lease.reset();
  CHECK(old.expired());
  CHECK(registry.metrics.text().find("version=\"1\"") == std::string::npos);
  CHECK(registry.metrics.text().find("version=\"2\"") != std::string::npos);
}

TEST_CASE("a broken new version leaves the old one serving, and the index says why") {
  Registry registry;
  auto& models = registry.models;
  registry.write("one", "1", server::identity_onnx(4));
  REQUIRE(models.reload());
  registry.write("one", "2", server::identity_onnx(4));
  write_all(registry.folder.path() / "one/model.onnx", "half");
  auto report = registry.reload_one("one");
  CHECK(report.outcome == server::LoadOutcome::kFailed);
  CHECK(report.version == "1");
  CHECK(models.acquire("one")->version == "1");
  REQUIRE(models.index().size() == 1);
  CHECK(models.index()[0].ready);
  CHECK(models.index()[0].reason.find("bundle_part_corrupt") != std::string::npos);
  write_all(registry.folder.path() / "one/manifest.json", "{");
  CHECK(registry.reload_one("one").outcome == server::LoadOutcome::kFailed);
  CHECK(models.acquire("one")->version == "1");
  registry.write("two", "1", server::identity_onnx(4));
  std::filesystem::remove(registry.folder.path() / "one/manifest.json");
  CHECK(registry.reload_one("one").outcome == server::LoadOutcome::kFailed);
  CHECK(models.acquire("one")->version == "1");
  registry.write("one", "2", server::identity_onnx(4));
  CHECK(registry.reload_one("one").outcome == server::LoadOutcome::kLoaded);
  CHECK(models.index()[0].reason.empty());
}

TEST_CASE(
    "a bundle that is renamed is served under its new name only, and under its old one while the new one is broken") {
  Registry registry;
  auto& models = registry.models;
  registry.write("one", "1", server::identity_onnx(4));
  REQUIRE(models.reload());
  const auto rename = [&](const std::string& onnx) {
    registry.write("two", "1", onnx);
    std::filesystem::remove_all(registry.folder.path() / "one");
    std::filesystem::rename(registry.folder.path() / "two", registry.folder.path() / "one");
  };
  rename("no model");
  REQUIRE(models.reload());
  REQUIRE(models.acquire("one") != nullptr);
  REQUIRE(models.index().size() == 2);
  CHECK(models.index()[0].reason.find("holds 'two' now, which can't be loaded") != std::string::npos);
  rename(server::identity_onnx(4));
  REQUIRE(models.reload());
  CHECK(models.acquire("one") == nullptr);
  CHECK(models.acquire("two") != nullptr);
  CHECK(models.index().size() == 1);
  write_all(registry.folder.path() / "one/manifest.json", "{");
  const auto report = models.load("two");
  REQUIRE(report);
  CHECK(report->outcome == server::LoadOutcome::kFailed);
  CHECK(models.acquire("two") != nullptr);
}

TEST_CASE("a model whose outputs the decoder or the rule of agreement can't read is not served") {
  TemporaryFolder folder;
  pipeline::Manifest manifest;
  manifest.name = "one";
  manifest.model.input = input::ImageSpec{.width = 4, .height = 4};
  ErrorCode expected{};
  SUBCASE("decoder") {
    manifest.model.output.decoder = "retinaface";
    expected = ErrorCode::kNotFound;
  }
  SUBCASE("rule") {
    manifest.model.output.decoder = "none";
    manifest.agree_when.rule = "tokens";
    expected = ErrorCode::kTypeMismatch;
  }
  write_bundle(folder.path(), manifest, server::identity_onnx(4));
  const auto engine = real_engine();
  const auto bundle = server::open_bundle(folder.path() / "one", kLimit);
  REQUIRE(bundle);
  const auto served = server::ResidentModel::load(*bundle, *engine, {});
  REQUIRE(!served);
  CHECK(served.error().code == expected);
}

TEST_CASE("two bundles of one name: the first is served") {
  Registry registry;
  registry.write("one", "1", server::identity_onnx(4));
  std::filesystem::copy(registry.folder.path() / "one", registry.folder.path() / "two");
  const auto reports = registry.models.reload();
  REQUIRE(reports);
  REQUIRE(reports->size() == 2);
  CHECK((*reports)[0].outcome == server::LoadOutcome::kLoaded);
  REQUIRE((*reports)[1].problem);
  CHECK((*reports)[1].problem->message.find("two bundles are named 'one'") != std::string::npos);
  CHECK(registry.models.names() == "one");
  // It is the second folder that the index complains of.
  REQUIRE(registry.models.index().size() == 2);
  CHECK(registry.models.index()[0].reason.empty());
  CHECK(registry.models.index()[1].name == "two");
  CHECK_FALSE(registry.models.index()[1].ready);
}

TEST_CASE("what changed under an unchanged version is served, and said to be that") {
  Registry registry;
  registry.write("one", "1", server::identity_onnx(4));
  CHECK_FALSE(registry.reload_one("one").same_version);
  registry.write("one", "1", server::identity_onnx(8), 8);
  const auto again = registry.reload_one("one");
  CHECK(again.outcome == server::LoadOutcome::kLoaded);
  CHECK(again.same_version);
  registry.write("one", "2", server::identity_onnx(8), 8);
  CHECK_FALSE(registry.reload_one("one").same_version);
}

TEST_CASE("a folder whose name is no UTF-8 makes no bad JSON") {
  Registry registry;
  registry.write("one", "1", server::identity_onnx(4));
  std::filesystem::create_directory(registry.folder.path() / "a\xFF");
  write_all(registry.folder.path() / "a\xFF" / "manifest.json", "{");
  REQUIRE(registry.models.reload());
  const auto reply = server::repository_index_reply(registry.models.index());
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(reply.body.c_str());
  REQUIRE_FALSE(document.HasParseError());
  REQUIRE(document.Size() == 2);
  CHECK(std::string(document[0]["name"].GetString()) == "a\xEF\xBF\xBD");
}

TEST_CASE("bundles leave and come back, by their folders or by request") {
  Registry registry;
  auto& models = registry.models;
  registry.write("one", "1", server::identity_onnx(4));
  registry.write("two", "1", server::identity_onnx(4));
  REQUIRE(models.reload());
  CHECK(models.unload("three").error().code == ErrorCode::kNotFound);
  REQUIRE(models.unload("one"));
  CHECK(models.names() == "two");
  REQUIRE(models.reload());  // leaves it so
  CHECK(models.names() == "two");
  REQUIRE(models.load("one"));
  CHECK(models.names() == "one, two");
  CHECK(models.load("three").error().code == ErrorCode::kNotFound);
  std::filesystem::remove_all(registry.folder.path() / "one");
  CHECK(registry.reload_one("one").outcome == server::LoadOutcome::kRemoved);
  CHECK(models.names() == "two");
}
