// `sluice variants` as a program: what it writes, what `sluice inspect` then shows, and what it refuses.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include "tests/native/child_process.hpp"
#include "tests/native/cli/last_json.hpp"
#include "tests/native/eval/variants/colour_classifier.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using sluice::test::contains;
using sluice::test::run_program;

TEST_CASE("a variant is added, told of in a line of JSON, and shown by inspect") {
  const test::TemporaryFolder folder;
  const std::string bundle = (folder.path() / "colours").string();
  test::write_colour_bundle(bundle);
  test::write_colours(folder.path() / "pictures", 40, 40, 20);
  const std::string model = folder.write("small.onnx", test::colour_classifier({.sees_blue = false}));
  const auto added = run_program({SLUICE_PROGRAM, "variants", "--keep-dominated", "--json", "--data",
                                  (folder.path() / "pictures").string(), "--add", "small=" + model, bundle});
  REQUIRE_MESSAGE(added.status == 0, added.errors);
  CHECK(contains(added.output, "80.00 %"));
  const auto json = test::last_json(added.output);
  REQUIRE(json["variants"].Size() == 1);
  CHECK(json["variants"][0]["agreement"].GetDouble() == doctest::Approx(0.8));
  CHECK(json["variants"][0]["agreement_low"].GetDouble() < 0.8);
  CHECK(json["pictures"].GetUint() == 100);
  const auto shown = run_program({SLUICE_PROGRAM, "inspect", bundle});
  REQUIRE_MESSAGE(shown.status == 0, shown.errors);
  CHECK_MESSAGE(contains(shown.output, "variant 'small': part 'small', agrees with the model on 72."), shown.output);
  CHECK_MESSAGE(contains(shown.output, "on xnnpack-1-thread"), shown.output);
}

TEST_CASE("what a variant needs is said: pictures, a bundle, and what differs") {
  const test::TemporaryFolder folder;
  const std::string bundle = (folder.path() / "colours").string();
  test::write_colour_bundle(bundle);
  test::write_colours(folder.path() / "pictures", 4, 4, 2);
  const std::string pictures = (folder.path() / "pictures").string();
  const std::string model = folder.write("other.onnx", test::colour_classifier({.output = "scores"}));
  auto ended = run_program({SLUICE_PROGRAM, "variants", bundle, "--add", "small=" + model});
  CHECK(ended.status == 2);
  CHECK_MESSAGE(contains(ended.errors, "--data"), ended.errors);
  ended = run_program({SLUICE_PROGRAM, "variants", "nowhere/", "--data", pictures});
  CHECK(ended.status == 1);
  CHECK_MESSAGE(contains(ended.errors, "not_found"), ended.errors);
  ended = run_program({SLUICE_PROGRAM, "variants", bundle, "--add", "small=" + model, "--data", pictures});
  CHECK(ended.status == 1);
  CHECK_MESSAGE(contains(ended.errors, "its output 0 is 'scores'; the model's is 'logits'"), ended.errors);
  ended = run_program({SLUICE_PROGRAM, "variants", "--help"});
  CHECK(ended.status == 0);
  CHECK(contains(ended.output, "the least share that those pictures prove"));
}
