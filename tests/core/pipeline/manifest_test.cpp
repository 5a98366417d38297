#include "core/pipeline/manifest.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <random>

using namespace sluice;
using namespace sluice::pipeline;

namespace {

// The example in the documentation of the format.
std::string documented_example() {
  std::ifstream file(SLUICE_SOURCE_DIR "/core/pipeline/MANIFEST.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = page.find("```json\n") + 8;
  return page.substr(begin, page.find("\n```", begin) - begin);
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

std::string message_of(const std::string& json) {
  const auto manifest = parse_manifest(json);
  REQUIRE_FALSE(manifest.has_value());
  CHECK(manifest.error().code == ErrorCode::kMalformedManifest);
  return manifest.error().message;
}

}  // namespace

TEST_CASE("the documented example reads as documented") {
  const auto manifest = parse_manifest(documented_example());
  if (!manifest) FAIL(manifest.error().message);
  CHECK(manifest->name == "faces");
  CHECK(manifest->version == "1.0.0");
  REQUIRE(manifest->parts.size() == 2);
  CHECK(manifest->find_part("filter")->file == "filter.onnx");
  CHECK(manifest->find_part("filter")->bytes == 91236);
  CHECK(manifest->find_part("nothing") == nullptr);
  CHECK(manifest->model.input.fit == input::Fit::kLetterbox);
  CHECK(manifest->model.input.channels == input::Channels::kBgr);
  CHECK(manifest->model.input.mean[1] == 117.0F);
  CHECK(manifest->model.output.decoder == "retinaface");
  REQUIRE(manifest->skip.has_value());
  CHECK(manifest->skip->input.fit == input::Fit::kStretch);
  CHECK(manifest->skip->input.scale[2] == 1.0F / 255.0F);
  CHECK(manifest->skip->operating_points.at(1).threshold == 0.12F);
  CHECK(manifest->skip->default_target == 0.9F);
}

TEST_CASE("what is written reads back the same") {
  const auto manifest = parse_manifest(documented_example());
  REQUIRE(manifest.has_value());
  const std::string text = write_manifest(*manifest);
  const auto again = parse_manifest(text);
  if (!again) FAIL(again.error().message);
  CHECK(write_manifest(*again) == text);
  CHECK(text.find("\"threshold\": 0.12,") != std::string::npos);

  std::mt19937 random(7);
  std::uniform_real_distribution<float> unit(0.0F, 1.0F);
  for (int round = 0; round < 2000; ++round) {
    Manifest varied = *manifest;
    varied.skip->operating_points[0].threshold = unit(random);
    varied.skip->operating_points[1].filter_rate = unit(random) * 1e-6F;
    varied.model.input.mean = {unit(random) * 255, -unit(random), unit(random) * 1e-30F};
    varied.description = "line\nquote\" \xC3\xA9";
    const auto back = parse_manifest(write_manifest(varied));
    if (!back) FAIL(back.error().message);
    CHECK(back->skip->operating_points[0].threshold == varied.skip->operating_points[0].threshold);
    CHECK(back->skip->operating_points[1].filter_rate == varied.skip->operating_points[1].filter_rate);
    CHECK(back->model.input.mean == varied.model.input.mean);
    CHECK(back->description == varied.description);
  }
}

TEST_CASE("an error names the field, what was found and what is allowed") {
  const std::string good = documented_example();
  struct Case {
    const char* what;
    const char* with;
    const char* message;
  };
  const Case cases[] = {
      {"\"threshold\": 0.12", "\"threshold\": 1.5",
       "skip.operating_points[1].threshold is 1.5; expected a number from 0 to 1"},
      {"\"threshold\": 0.12", "\"threshold\": \"0.12\"",
       "skip.operating_points[1].threshold is '0.12'; expected a number from 0 to 1"},
      {"\"target\": 0.95", "\"target\": 1",
       "skip.operating_points[1].target is 1; expected a number above 0 and below 1"},
      {"\"target\": 0.95", "\"target\": 0.99999999999",
       "skip.operating_points[1].target is 0.99999999999; expected a number above 0 and below 1"},
      {"\"target\": 0.95", "\"target\": 0.9",
       "skip.operating_points[1].target is 0.9; expected targets that grow from entry to entry"},
      {"\"threshold\": 0.12", "\"treshold\": 0.12",
       "skip.operating_points[1] has an unknown field 'treshold'; the nearest known one is 'threshold'"},
      {"\"description\"", "\"descripton\"",
       "the manifest has an unknown field 'descripton'; the nearest known one is 'description'"},
      {"\"version\": \"1.0.0\",", "", "version is missing"},
      {"\"name\": \"faces\"", "\"name\": \"Faces\"",
       "name is 'Faces'; expected 1 to 64 of the characters a-z, 0-9 and '-'"},
      {"\"name\": \"faces\",", "\"name\": \"faces\", \"name\": \"faces\",", "name is given twice"},
      {"\"format\": 1", "\"format\": 2", "format is 2; this build reads formats up to 1"},
      {"\"format\": 1", "\"format\": 0", "format is 0; expected a whole number from 1 to 1"},
      {"\"width\": 640", "\"width\": 0", "model.input.width is 0; expected a whole number from 1 to 4096"},
      {"\"width\": 640", "\"width\": -5", "model.input.width is -5; expected a whole number from 1 to 4096"},
      {"\"width\": 640", "\"width\": 640.5", "model.input.width is 640.5; expected a whole number from 1 to 4096"},
      {"\"width\": 640", "\"width\": 18446744073709551615",
       "model.input.width is 18446744073709551615; expected a whole number from 1 to 4096"},
      {"\"letterbox\"", "\"crop\"", "model.input.fit is 'crop'; expected one of: stretch, letterbox"},
      {"[104, 117, 123]", "[104, 117]", "model.input.mean is an array of 2; expected an array of 3"},
      {"[104, 117, 123]", "[104, 1e30, 123]", "model.input.mean[1] is 1e30; expected a number from -65536 to 65536"},
      {"\"part\": \"filter\"", "\"part\": \"gate\"", "skip.part is 'gate'; no part of that name is in 'parts'"},
      {"\"name\": \"filter\"", "\"name\": \"model\"", "parts[1].name is 'model'; another part has this name"},
      {"\"filter.onnx\"", "\"retinaface.onnx\"", "parts[1].file is 'retinaface.onnx'; another part has this file"},
      {"\"bytes\": 91236", "\"bytes\": 0", "parts[1].bytes is 0; expected a whole number from 1 to 4294967296"},
      {"89abcdef", "89ABCDEF",
       "parts[1].sha256 is '89ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef01234567'; expected 64 hexadecimal "
       "digits in lower case"},
      {"\"count == 0\"", "\"\"", "skip.redundant_when is ''; expected a rule such as \"count == 0\""},
      {"\"default_target\": 0.9", "\"default_target\": 0", "skip.default_target is 0; expected a number above 0"},
      {"\"model\": {", "\"model\": [{",
       "the manifest is not JSON at line 33, column 9: Missing a comma or ']' after an array element."},
  };
  for (const Case& one : cases) {
    CAPTURE(one.with);
    CHECK(message_of(replaced(good, one.what, one.with)) == one.message);
  }
}

TEST_CASE("a part's file is beside the manifest and nowhere else") {
  for (const char* name : {"", ".", "..", "../model.onnx", "/etc/passwd", "a/b.onnx", "a\\\\b.onnx", ".hidden",
                           "c:model", "model\\u0000.onnx", "mod\\u00e8le.onnx", "a b"}) {
    CAPTURE(name);
    const std::string json = replaced(documented_example(), "retinaface.onnx", name);
    CHECK(message_of(json).find("parts[0].file is ") == 0);
  }
}

TEST_CASE("fields that begin with x_ are left alone, wherever they stand") {
  std::string json =
      replaced(documented_example(), "\"format\": 1,", R"("format": 1, "x_note": {"deep": [1, {"er": null}]},)");
  json = replaced(json, "\"part\": \"filter\",", R"("part": "filter", "x_trained": "yesterday", "x_trained": 2,)");
  CHECK(parse_manifest(json).has_value());
}

TEST_CASE("hostile texts are refused without recursion and without much memory") {
  CHECK(message_of("") == "the manifest is not JSON at line 1, column 1: The document is empty.");
  CHECK(message_of("null") == "the manifest is null; expected an object");
  CHECK(message_of(std::string(kMaxManifestBytes, '[')) == "the manifest is nested more than 32 levels deep");
  CHECK(message_of(std::string(kMaxManifestBytes + 1, ' ')) ==
        "the manifest has 1048577 bytes; at most 1048576 are allowed");
  CHECK(message_of("{\"a\":\"\xFF\"}").find("Invalid encoding") != std::string::npos);
  CHECK(message_of("{\"format\": 1e999}").find("too big") != std::string::npos);
  std::string many = "{\"format\": 1";
  while (many.size() < kMaxManifestBytes - 16) many += ",\"x_\":0";
  CHECK(message_of(many + "}") == "name is missing");
  std::string parts = "[{}";
  for (int i = 0; i < 64; ++i) parts += ",{}";
  CHECK(message_of(R"({"format":1,"name":"a","version":"1","parts":)" + parts + "]}") ==
        "parts is an array of 65; expected an array of 1 to 64");
}

TEST_CASE("every truncation and every changed byte is read or refused, never worse") {
  const std::string good = documented_example();
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(parse_manifest(good.substr(0, size)).has_value());
  std::mt19937 random(3);
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string bad = good;
    for (auto flips = 1 + random() % 3; flips > 0; --flips) {
      bad[random() % bad.size()] = static_cast<char>(random() % 256);
    }
    const auto manifest = parse_manifest(bad);
    if (manifest) {
      CHECK(parse_manifest(write_manifest(*manifest)).has_value());
    } else {
      CHECK(manifest.error().code == ErrorCode::kMalformedManifest);
      ++refused;
    }
  }
  CHECK(refused > 2500);
}
