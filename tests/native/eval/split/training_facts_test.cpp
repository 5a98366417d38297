// What training wrote into a manifest for those who measure.
#include "native/eval/split/training_facts.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/class_names.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;

TEST_CASE("facts come from the section `split`, which a bundle's reader leaves alone") {
  const test::TemporaryFolder folder;
  const auto bundle = folder.path() / "halves";
  test::write_split_bundle(bundle);
  CHECK_FALSE(read_training_facts(bundle).skewness);
  auto text = bundle::read_file(bundle / "manifest.json");
  REQUIRE(text);
  const std::string section = "\"split\": {";
  const auto at = text->find(section);
  REQUIRE(at != std::string::npos);
  text->insert(at + section.size(), R"("x_skewness": 0.83, "x_disorder_share": 0.015,)");
  std::ofstream(bundle / "manifest.json", std::ios::binary) << *text;
  const TrainingFacts facts = read_training_facts(bundle);
  CHECK(facts.skewness == 0.83);
  CHECK(facts.disorder_share == 0.015);
  CHECK(bundle::read_manifest(bundle).has_value());

  CHECK(bundle::read_class_names(bundle)->empty());
  text->insert(text->find('{') + 1, R"("x_classes": ["cat", "dog"],)");
  std::ofstream(bundle / "manifest.json", std::ios::binary) << *text;
  CHECK(*bundle::read_class_names(bundle) == std::vector<std::string>{"cat", "dog"});
  CHECK(bundle::read_class_names(bundle, 2)->size() == 2);
  CHECK(bundle::read_class_names(bundle, 3).error().code == ErrorCode::kMalformedManifest);
}

TEST_CASE("what is no share, or not there, is no fact") {
  const test::TemporaryFolder folder;
  CHECK_FALSE(read_training_facts(folder.path()).skewness);
  for (const char* text : {"[]", "{", R"({"split": 1})", R"({"x_skewness": 0.5})",
                           R"({"split": {"x_skewness": 1.5, "x_disorder_share": "0"}})"}) {
    CAPTURE(text);
    std::ofstream(folder.path() / "manifest.json", std::ios::binary) << text;
    CHECK_FALSE(read_training_facts(folder.path()).skewness);
    CHECK_FALSE(read_training_facts(folder.path()).disorder_share);
    CHECK(bundle::read_class_names(folder.path())->empty());
  }
}

TEST_CASE("names of classes that are no list of texts are an error, which names the entry") {
  const test::TemporaryFolder folder;
  const auto error_of = [&](const char* names) {
    std::ofstream(folder.path() / "manifest.json", std::ios::binary) << "{\"x_classes\": " << names << "}";
    return bundle::read_class_names(folder.path()).error();
  };
  CHECK(error_of(R"(["cat", 3])").code == ErrorCode::kMalformedManifest);
  CHECK(error_of(R"(["cat", 3])").message.find("entry 1 is no text") != std::string::npos);
  for (const char* names : {"\"cat\"", "{}", "null"})
    CHECK(error_of(names).message.find("is no list") != std::string::npos);
}
