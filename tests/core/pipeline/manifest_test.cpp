#include "core/questions/table.hpp"

#include <doctest/doctest.h>

#include <random>

#include "core/questions/skip/skip_question.hpp"
#include "tests/core/pipeline/manifest_texts.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using pipeline::testing::documented_example;
using pipeline::testing::message_of;
using pipeline::testing::replaced;
using questions::parse_manifest;
using questions::SkipSpec;
using questions::write_manifest;

// A bundle of format 1, as faces 1.2.0 is.
constexpr std::string_view kFormat1 = R"({
  "format": 1, "name": "faces", "version": "1.0.0",
  "parts": [{"name": "model", "file": "m.onnx", "bytes": 9, "sha256": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"},
            {"name": "filter", "file": "f.onnx", "bytes": 9, "sha256": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"}],
  "model": {"part": "model", "input": {"width": 8, "height": 8}, "output": {"decoder": "none"}},
  "skip": {"part": "filter", "input": {"width": 4, "height": 4}, "redundant_when": "count == 0",
           "operating_points": [{"target": 0.9, "confidence": 0.95, "threshold": 0.21, "filter_rate": 0.48}], "default_target": 0.85}
})";

TEST_CASE("the documented example reads as documented") {
  const auto manifest = parse_manifest(documented_example());
  if (!manifest) FAIL(manifest.error().message);
  CHECK(manifest->name == "faces");
  CHECK(manifest->version == "1.0.0");
  REQUIRE(manifest->parts.size() == 2);
  CHECK(manifest->find_part("filter")->file == "filter.onnx");
  CHECK(manifest->find_part("filter")->bytes == 91236);
  CHECK(manifest->find_part("nothing") == nullptr);
  const auto& picture = std::get<input::ImageSpec>(manifest->model.input);
  CHECK(picture.fit == input::Fit::kLetterbox);
  CHECK(picture.channels == input::Channels::kBgr);
  CHECK(picture.mean[1] == 117.0F);
  CHECK(manifest->model.output.decoder == "retinaface");
  CHECK(manifest->model.payload.min_jpeg_quality == 50);
  CHECK(manifest->default_target == 0.9F);
  const auto* skip = manifest->find_question<SkipSpec>();
  REQUIRE(skip != nullptr);
  CHECK(std::get<input::ImageSpec>(skip->input).fit == input::Fit::kStretch);
  CHECK(std::get<input::ImageSpec>(skip->input).scale[2] == 1.0F / 255.0F);
  CHECK(skip->operating_points.at(1).threshold == 0.12F);
  CHECK(skip->error_share == 0.6F);
  REQUIRE(manifest->routes.size() == 2);
  CHECK(manifest->routes[0].otherwise == "local");
  CHECK(question_parts(*manifest) == std::vector<std::string>{"filter"});
}

TEST_CASE("format 1 is still read") {
  const auto manifest = parse_manifest(kFormat1);
  if (!manifest) FAIL(manifest.error().message);
  CHECK(manifest->default_target == 0.85F);
  REQUIRE(manifest->questions.size() == 1);
  CHECK(manifest->questions[0].row->kind == "skip");
  CHECK(manifest->find_question<SkipSpec>()->error_share == 1);
  CHECK(message_of(replaced(std::string(kFormat1), "\"name\"", "\"nam\"")) ==
        "the manifest has an unknown field 'nam'; the nearest known one is 'name'");
  const auto again = parse_manifest(write_manifest(*manifest).value());
  REQUIRE(again.has_value());
  CHECK(again->default_target == 0.85F);
}

TEST_CASE("what a build does not know is ignored unless the bundle requires it") {
  const std::string good = documented_example();
  const std::string unknown = replaced(good, "\"routes\"", "\"forecasts\": {\"a\": 1}, \"routes\"");
  const auto manifest = parse_manifest(unknown);
  if (!manifest) FAIL(manifest.error().message);
  CHECK(manifest->ignored == std::vector<std::string>{"forecasts"});
  const auto strict =
      parse_manifest(replaced(unknown, "\"routes\"", "\"requires\": [\"skip\", \"forecasts\"], \"routes\""));
  REQUIRE_FALSE(strict.has_value());
  CHECK(strict.error().code == ErrorCode::kUnsupportedEnvironment);
  CHECK(strict.error().message.find("'forecasts'") != std::string::npos);
  const auto other = parse_manifest(replaced(good, "\"kind\": \"skip\"", "\"kind\": \"guess\""));
  REQUIRE(other.has_value());
  CHECK(other->questions.empty());
  CHECK(other->ignored == std::vector<std::string>{"guess"});
}

TEST_CASE("budgets that exceed the whole and routes that lead in a circle are refused") {
  const std::string good = documented_example();
  CHECK(message_of(replaced(good, "\"error_share\": 0.6", "\"error_share\": 1.5")) ==
        "questions[0].error_share is 1.5; expected a number from 0 to 1");
  CHECK(message_of(replaced(good, "{ \"kind\": \"local\" }", "{ \"kind\": \"local\", \"otherwise\": \"remote\" }"))
            .find("in a circle") != std::string::npos);
  CHECK(message_of(replaced(good, "\"otherwise\": \"local\"", "\"otherwise\": \"cloud\"")).find("'cloud'") !=
        std::string::npos);
}

TEST_CASE("every modality's input reads and writes") {
  for (const char* input :
       {R"("modality": "audio", "samples": 16000, "channels": 1, "rate_hz": 16000, "mean": 0, "scale": 0.5)",
        R"("modality": "signal", "steps": 128, "channels": 2, "mean": [1, 2], "scale": [0.5, 0.25])",
        R"("modality": "text", "max_bytes": 256)", R"("modality": "tensor", "type": "int8", "dims": [1, 64, 7, 7])",
        R"("modality": "clip", "width": 8, "height": 6, "fit": "stretch", "frames": 4)"}) {
    CAPTURE(input);
    std::string json(kFormat1);
    json = replaced(json, "\"format\": 1", "\"format\": 2");
    json = replaced(json, "\"width\": 8, \"height\": 8", input);
    json = replaced(json, "\"width\": 4, \"height\": 4", input);
    const auto manifest = parse_manifest(json);
    if (!manifest) FAIL(manifest.error().message);
    const auto again = parse_manifest(write_manifest(*manifest).value());
    if (!again) FAIL(again.error().message);
    CHECK(write_manifest(*again).value() == write_manifest(*manifest).value());
    CHECK(input::modality_of(again->model.input) == input::modality_of(manifest->model.input));
    CHECK(again->model.input.index() != 0);
  }
}

TEST_CASE("a question that takes other inputs than the model could never be asked, and is refused") {
  const auto with = [](const char* model, const char* question) {
    std::string json = replaced(std::string(kFormat1), "\"format\": 1", "\"format\": 2");
    json = replaced(json, "\"skip\": {", "\"default_target\": 0.85, \"questions\": [{\"kind\": \"skip\", ");
    json = replaced(json, ", \"default_target\": 0.85}", "}]");
    json = replaced(json, "\"width\": 8, \"height\": 8", model);
    return replaced(json, "\"width\": 4, \"height\": 4", question);
  };
  const char* second = R"("modality": "audio", "samples": 16000, "rate_hz": 16000)";
  CHECK(message_of(with(second, R"("modality": "audio", "samples": 8000, "rate_hz": 16000)")) ==
        "questions[0].input takes audio of 8000 samples x 1 channels at 16000 Hz; expected what the model takes, audio "
        "of "
        "16000 samples x 1 channels at 16000 Hz");
  CHECK(parse_manifest(with(second, R"("modality": "audio", "samples": 16000, "rate_hz": 16000, "scale": 2)")));
  const char* motion = R"("modality": "signal", "steps": 128, "channels": 6)";
  for (const char* other :
       {R"("modality": "signal", "steps": 64, "channels": 6)", R"("modality": "signal", "steps": 128, "channels": 3)",
        R"("width": 4, "height": 4)", second}) {
    CAPTURE(other);
    CHECK(message_of(with(motion, other)).ends_with("expected what the model takes, signal of 128 steps x 6 channels"));
  }
  const char* clip = R"("modality": "clip", "width": 8, "height": 6, "frames": 4)";
  CHECK(parse_manifest(with(clip, R"("modality": "clip", "width": 2, "height": 2, "frames": 4)")));
  CHECK(message_of(with(clip, R"("modality": "clip", "width": 8, "height": 6, "frames": 2)")) ==
        "questions[0].input takes clip of 2 frames; expected what the model takes, clip of 4 frames");
  CHECK(message_of(with(R"("modality": "tensor", "type": "int8", "dims": [1, 4])",
                        R"("modality": "tensor", "type": "int8", "dims": [4])")) ==
        "questions[0].input takes int8 tensor [4]; expected what the model takes, int8 tensor [1, 4]");
  CHECK_FALSE(parse_manifest(with(R"("modality": "text", "max_bytes": 64)", R"("modality": "text", "max_bytes": 32)")));
}

TEST_CASE("what is written reads back the same") {
  const auto manifest = parse_manifest(documented_example());
  REQUIRE(manifest.has_value());
  const std::string text = write_manifest(*manifest).value();
  const auto again = parse_manifest(text);
  if (!again) FAIL(again.error().message);
  CHECK(write_manifest(*again).value() == text);
  CHECK(text.find("\"threshold\": 0.12,") != std::string::npos);

  std::mt19937 random(7);
  std::uniform_real_distribution<float> unit(0.0F, 1.0F);
  for (int round = 0; round < 2000; ++round) {
    Manifest varied = *manifest;
    auto skip = std::make_shared<SkipSpec>(*manifest->find_question<SkipSpec>());
    skip->operating_points[0].threshold = unit(random);
    skip->operating_points[1].filter_rate = unit(random) * 1e-6F;
    varied.questions[0].spec = skip;
    auto& picture = std::get<input::ImageSpec>(varied.model.input);
    picture.mean = {unit(random) * 255, -unit(random), unit(random) * 1e-30F};
    varied.description = "line\nquote\" \xC3\xA9";
    const auto back = parse_manifest(write_manifest(varied).value());
    if (!back) FAIL(back.error().message);
    const auto* read = back->find_question<SkipSpec>();
    CHECK(read->operating_points[0].threshold == skip->operating_points[0].threshold);
    CHECK(read->operating_points[1].filter_rate == skip->operating_points[1].filter_rate);
    CHECK(std::get<input::ImageSpec>(back->model.input).mean == picture.mean);
    CHECK(back->description == varied.description);
  }
}

TEST_CASE("a manifest is written whatever rows it was read with, and refused where a question has no writer") {
  const auto manifest = pipeline::parse_manifest(documented_example(), questions::gate_questions());
  if (!manifest) FAIL(manifest.error().message);
  CHECK(write_manifest(*manifest).has_value());
  const auto without = pipeline::write_manifest(*manifest, {});
  REQUIRE_FALSE(without.has_value());
  CHECK(without.error().code == ErrorCode::kInvalidArgument);
  CHECK(without.error().message.find("'skip'") != std::string::npos);
}

TEST_CASE("a manifest that names no rule of agreement is written without one and read as its decoder's") {
  auto manifest = parse_manifest(documented_example());
  REQUIRE(manifest.has_value());
  manifest->questions.clear();
  manifest->agree_when = {};
  for (const auto& [decoder, rule] : {std::pair("retinaface", "boxes"), std::pair("none", "numbers")}) {
    manifest->model.output.decoder = decoder;
    const auto again = parse_manifest(write_manifest(*manifest).value());
    REQUIRE(again.has_value());
    CHECK(again->agree_when.rule == rule);
  }
}

TEST_CASE("a rule of agreement that does not fit the decoder is refused when the bundle is read") {
  const std::string good = documented_example();
  CHECK(message_of(replaced(good, "\"rule\": \"boxes\"", "\"rule\": \"tokens\""))
            .find("agree_when.rule is 'tokens'; agree_when: the rule 'tokens' cannot read") == 0);
  CHECK(message_of(replaced(good, "\"decoder\": \"retinaface\"", "\"decoder\": \"none\""))
            .find("agree_when.rule is 'boxes'") == 0);
}

TEST_CASE("a bundle may say that its pictures must not lose anything on their way") {
  const std::string bounds = "\"max_jpeg_quality\": 85";
  CHECK_FALSE(parse_manifest(documented_example())->model.payload.lossless);
  const auto manifest = parse_manifest(replaced(documented_example(), bounds, bounds + ", \"loss\": \"none\""));
  REQUIRE(manifest.has_value());
  CHECK(manifest->model.payload.lossless);
  CHECK(parse_manifest(write_manifest(*manifest).value())->model.payload.lossless);
  CHECK(message_of(replaced(documented_example(), bounds, bounds + ", \"loss\": \"little\""))
            .find("model.payload.loss") == 0);
}

TEST_CASE("variants of the model are read, checked and written") {
  const auto with = [](const std::string& variants) {
    return replaced(documented_example(), "\"default_target\"", "\"variants\": " + variants + ", \"default_target\"");
  };
  const auto manifest = parse_manifest(with(R"([
    {"name": "whole", "part": "model", "agreement": 0.97, "profile": [{"device": "wasm", "ms": 80.5, "bytes": 30000000},
                                                   {"device": "xnnpack-1-thread", "ms": 21, "bytes": 1}]},
    {"name": "int8", "part": "filter"}])"));
  if (!manifest) FAIL(manifest.error().message);
  CHECK(manifest->ignored.empty());
  const std::string text = write_manifest(*manifest).value();
  const auto again = parse_manifest(text);
  if (!again) FAIL(again.error().message);
  CHECK(write_manifest(*again).value() == text);
  REQUIRE(again->variants.size() == 2);
  CHECK(again->variants[0].name == "whole");
  CHECK(again->variants[0].part == "model");
  CHECK(again->variants[0].agreement == 0.97F);
  CHECK(again->variants[1].agreement == 0);
  REQUIRE(again->variants[0].profile.size() == 2);
  CHECK(again->variants[0].profile[0].device == "wasm");
  CHECK(again->variants[0].profile[0].ms == 80.5F);
  CHECK(again->variants[0].profile[0].bytes == 30'000'000);
  CHECK(again->variants[1].part == "filter");
  CHECK(again->variants[1].profile.empty());

  // To a build that does not read the section it is one that it does not know.
  const auto elsewhere = pipeline::parse_manifest(text, questions::all_questions());
  REQUIRE(elsewhere.has_value());
  CHECK(elsewhere->ignored == std::vector<std::string>{"variants"});
  CHECK(elsewhere->variants.empty());

  CHECK(message_of(with("[]")) == "variants is an array of 0; expected an array of 1 to 16");
  CHECK(message_of(with(R"([{"name": "a", "part": "nothing"}])")) ==
        "variants[0].part is 'nothing'; no part of that name is in 'parts'");
  CHECK(message_of(with(R"([{"name": "a", "part": "model"}, {"name": "a", "part": "filter"}])")) ==
        "variants[1].name is 'a'; another variant has this name");
  CHECK(message_of(with(R"([{"name": "a", "part": "model"}, {"name": "b", "part": "model"}])")) ==
        "variants[1].part is 'model'; another variant is this part");
  CHECK(message_of(with(R"([{"name": "a", "part": "model", "agreement": 0}])")) ==
        "variants[0].agreement is 0; expected a number above 0");
  CHECK(message_of(with(R"([{"name": "a", "part": "model", "agreement": 1.01}])")).find("variants[0].agreement") == 0);
  CHECK(message_of(with(R"([{"name": "a", "part": "model", "profile": [{"device": "x", "ms": -1, "bytes": 1}]}])")) ==
        "variants[0].profile[0].ms is -1; expected a number from 0 to 3600000");
  CHECK(message_of(with(R"([{"name": "a", "part": "model", "profile": [{"device": "x", "ms": 1}]}])")) ==
        "variants[0].profile[0].bytes is missing");
  CHECK(message_of(with(R"([{"name": "a", "part": "model", "profile": [{"device": "x", "ms": 1, "bytes": 1},
                                                                       {"device": "x", "ms": 2, "bytes": 1}]}])")) ==
        "variants[0].profile[1].device is 'x'; another profile is of this device");
  CHECK(
      message_of(with(R"([{"name": "a", "part": "model", "precision": "int8"}])")).find("unknown field 'precision'") !=
      std::string::npos);
}

TEST_CASE("a model in two halves is read, checked and written") {
  const auto with = [](const std::string& split) {
    const std::string none = replaced(documented_example(), "\"retinaface\"", "\"none\"");
    const std::string plain = replaced(none, "\"rule\": \"boxes\"", "\"rule\": \"label\"");
    return replaced(plain, "\"default_target\"", "\"split\": " + split + ", \"default_target\"");
  };
  const auto manifest = parse_manifest(with(R"({"device": "filter", "remote": "model", "values": [-1, 0, 1.5],
    "points": [{"target": 0.8, "channels": 0}, {"target": 0.9, "channels": 12}]})"));
  if (!manifest) FAIL(manifest.error().message);
  CHECK(manifest->ignored.empty());
  const std::string text = write_manifest(*manifest).value();
  const auto again = parse_manifest(text);
  if (!again) FAIL(again.error().message);
  CHECK(write_manifest(*again).value() == text);
  REQUIRE(again->split.has_value());
  CHECK(again->split->device == "filter");
  CHECK(again->split->remote == "model");
  CHECK(again->split->values == std::vector<float>{-1, 0, 1.5F});
  REQUIRE(again->split->points.size() == 2);
  CHECK(again->split->points[1].target == 0.9F);
  CHECK(again->split->points[1].channels == 12);

  const std::string points = R"("points": [{"target": 0.8, "channels": 4}, )";
  CHECK(message_of(with(R"({"device": "filter", "remote": "nothing", "points": [{"target": 1, "channels": 1}]})")) ==
        "split.remote is 'nothing'; no part of that name is in 'parts'");
  CHECK(message_of(with(R"({"device": "model", "remote": "model", "points": [{"target": 1, "channels": 1}]})")) ==
        "split.remote is 'model'; it is the device half, too");
  CHECK(message_of(with(R"({"device": "filter", "remote": "model"})")) == "split.points is missing");
  CHECK(message_of(
            with(R"({"device": "filter", "remote": "model", )" + points + R"({"target": 0.8, "channels": 5}]})")) ==
        "split.points[1].target is 0.8; expected more than the one before");
  CHECK(message_of(
            with(R"({"device": "filter", "remote": "model", )" + points + R"({"target": 0.9, "channels": 3}]})")) ==
        "split.points[1].channels is 3; expected at least as many as for the target before");
  const std::string detections = replaced(
      documented_example(), "\"default_target\"",
      R"("split": {"device": "filter", "remote": "model", "points": [{"target": 1, "channels": 1}]}, "default_target")");
  CHECK(message_of(detections).find("has an output decoder") != std::string::npos);
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
       "questions[0].operating_points[1].threshold is 1.5; expected a number from 0 to 1"},
      {"\"threshold\": 0.12", "\"threshold\": \"0.12\"",
       "questions[0].operating_points[1].threshold is '0.12'; expected a number from 0 to 1"},
      {"\"target\": 0.95", "\"target\": 1",
       "questions[0].operating_points[1].target is 1; expected a number above 0 and below 1"},
      {"\"target\": 0.95", "\"target\": 0.99999999999",
       "questions[0].operating_points[1].target is 0.99999999999; expected a number above 0 and below 1"},
      {"\"target\": 0.95", "\"target\": 0.9",
       "questions[0].operating_points[1].target is 0.9; expected targets that grow from entry to entry"},
      {"\"threshold\": 0.12", "\"treshold\": 0.12",
       "questions[0].operating_points[1] has an unknown field 'treshold'; the nearest known one is 'threshold'"},
      {"\"version\": \"1.0.0\",", "", "version is missing"},
      {"\"name\": \"faces\"", "\"name\": \"Faces\"",
       "name is 'Faces'; expected 1 to 64 of the characters a-z, 0-9 and '-'"},
      {"\"name\": \"faces\",", "\"name\": \"faces\", \"name\": \"faces\",", "name is given twice"},
      {"\"format\": 2", "\"format\": 3", "format is 3; expected a whole number from 1 to 2"},
      {"\"format\": 2", "\"format\": 0", "format is 0; expected a whole number from 1 to 2"},
      {"\"width\": 640", "\"width\": 0", "model.input.width is 0; expected a whole number from 1 to 4096"},
      {"\"width\": 640", "\"width\": -5", "model.input.width is -5; expected a whole number from 1 to 4096"},
      {"\"width\": 640", "\"width\": 640.5", "model.input.width is 640.5; expected a whole number from 1 to 4096"},
      {"\"width\": 640", "\"width\": 18446744073709551615",
       "model.input.width is 18446744073709551615; expected a whole number from 1 to 4096"},
      {"\"letterbox\"", "\"crop\"", "model.input.fit is 'crop'; expected one of: stretch, letterbox"},
      {"[104, 117, 123]", "[104, 117]", "model.input.mean is an array of 2; expected an array of 3"},
      {"[104, 117, 123]", "[104, 1e30, 123]", "model.input.mean[1] is 1e30; expected a number from -65536 to 65536"},
      {"\"part\": \"filter\"", "\"part\": \"gate\"", "questions[0].part is 'gate'; no part of that name is in 'parts'"},
      {"\"name\": \"filter\"", "\"name\": \"model\"", "parts[1].name is 'model'; another part has this name"},
      {"\"filter.onnx\"", "\"retinaface.onnx\"", "parts[1].file is 'retinaface.onnx'; another part has this file"},
      {"\"bytes\": 91236", "\"bytes\": 0", "parts[1].bytes is 0; expected a whole number from 1 to 4294967296"},
      {"89abcdef", "89ABCDEF",
       "parts[1].sha256 is '89ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef01234567'; expected 64 hexadecimal "
       "digits in lower case"},
      {"\"count == 0\"", "\"\"", "questions[0].redundant_when is ''; expected a rule such as \"count == 0\""},
      {"\"default_target\": 0.9", "\"default_target\": 0", "default_target is 0; expected a number above 0"},
      {"\"model\": {", "\"model\": [{",
       "the manifest is not JSON at line 35, column 15: Missing a comma or ']' after an array element."},
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
      replaced(documented_example(), "\"format\": 2,", R"("format": 2, "x_note": {"deep": [1, {"er": null}]},)");
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
      CHECK(parse_manifest(write_manifest(*manifest).value()).has_value());
    } else {
      const ErrorCode code = manifest.error().code;
      CHECK((code == ErrorCode::kMalformedManifest || code == ErrorCode::kUnsupportedEnvironment));
      ++refused;
    }
  }
  CHECK(refused > 2500);
}
