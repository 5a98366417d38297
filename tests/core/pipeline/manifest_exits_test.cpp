// The manifest's section of early exits, and of a cut between them.
#include "core/questions/table.hpp"

#include <doctest/doctest.h>

#include "tests/core/pipeline/manifest_texts.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using pipeline::testing::documented_example;
using pipeline::testing::message_of;
using pipeline::testing::replaced;
using questions::parse_manifest;
using questions::write_manifest;

TEST_CASE("early exits are read, checked and written") {
  const auto with = [](const std::string& exits) {
    const std::string none = replaced(documented_example(), "\"retinaface\"", "\"none\"");
    const std::string plain = replaced(none, "\"rule\": \"boxes\"", "\"rule\": \"label\"");
    return replaced(plain, "\"default_target\"", "\"exits\": {" + exits + "}, \"default_target\"");
  };
  const std::string part = R"("part": "filter", "rule": "max_probability", )";
  const std::string places =
      R"("places": [{"tensor": "Relu_3", "exit": "exit_0"}, {"tensor": "a/b", "exit": "exit_1"}], )";
  const auto manifest = parse_manifest(with(part + places + R"("points": [{"target": 0.9, "thresholds": [0.93, 0.88]},
    {"target": 0.99, "thresholds": [1, 0.97]}])"));
  if (!manifest) FAIL(manifest.error().message);
  CHECK(manifest->ignored.empty());
  const std::string text = write_manifest(*manifest).value();
  const auto again = parse_manifest(text);
  if (!again) FAIL(again.error().message);
  CHECK(write_manifest(*again).value() == text);
  REQUIRE(again->exits.has_value());
  CHECK(again->exits->part == "filter");
  CHECK(again->exits->rule == exits::ExitRule::kMaxProbability);
  REQUIRE(again->exits->places.size() == 2);
  CHECK(again->exits->places[1].tensor == "a/b");
  CHECK(again->exits->places[1].exit == "exit_1");
  REQUIRE(again->exits->points.size() == 2);
  CHECK(again->exits->points[1].target == 0.99F);
  CHECK(again->exits->points[1].thresholds == std::vector<float>{1, 0.97F});

  const std::string points = R"("points": [{"target": 0.9, "thresholds": [0.5, 0.5]}])";
  CHECK(
      message_of(replaced(
          with(part + places + points), "\"exits\"",
          R"("split": {"device": "filter", "remote": "model", "points": [{"target": 1, "channels": 1}]}, "exits")")) ==
      "split.device is 'filter'; it is the exits, too");
  CHECK(message_of(with(R"("part": "model", "rule": "entropy", )" + places + points)) ==
        "exits.part is 'model'; it is the model, too");
  CHECK(message_of(with(R"("part": "filter", "rule": "surest", )" + places + points)) ==
        "exits.rule is 'surest'; expected 'max_probability', 'normalised_entropy' or 'entropy'");
  CHECK(message_of(with(R"("part": "filter", )" + places + points)) == "exits.rule is missing");
  CHECK(message_of(with(part + R"("places": [], )" + points)).find("exits.places") == 0);
  CHECK(message_of(with(part + R"("places": [{"tensor": "a", "exit": "b"}, {"tensor": "a", "exit": "c"}], )" +
                        points)) == "exits.places[1].tensor is 'a'; another exit is at this place");
  CHECK(message_of(with(part + R"("places": [{"tensor": "a", "exit": "c"}, {"tensor": "b", "exit": "c"}], )" +
                        points)) == "exits.places[1].exit is 'c'; it is at another place, too");
  CHECK(message_of(with(part + places + R"("points": [{"target": 0.9, "thresholds": [0.5]}])")) ==
        "exits.points[0].thresholds has 1 numbers; expected one for each of the 2 places");
  CHECK(message_of(with(part + places + R"("points": [{"target": 0.9}])")).find("exits.points[0].thresholds") == 0);
  CHECK(message_of(with(part + places + R"("points": [{"target": 0.9, "thresholds": [0.5, 1.5]}])"))
            .find("exits.points[0].thresholds[1] is 1.5") == 0);
  CHECK(message_of(with(part + places + R"("points": [{"target": 0.9, "thresholds": [0.5, 0.5]},
    {"target": 0.9, "thresholds": [0.6, 0.6]}])")) ==
        "exits.points[1].target is 0.9; expected more than the one before");
  // Entropies are no shares.
  const auto entropy = parse_manifest(with(R"("part": "filter", "rule": "entropy", )" + places +
                                           R"("points": [{"target": 0.9, "thresholds": [0, 1.5]}])"));
  REQUIRE(entropy.has_value());
  CHECK(entropy->exits->points[0].thresholds[1] == 1.5F);
  const std::string detections = replaced(documented_example(), "\"default_target\"",
                                          "\"exits\": {" + part + places + points + "}, \"default_target\"");
  CHECK(message_of(detections).find("has an output decoder") != std::string::npos);
}

TEST_CASE("a cut between exits is read, checked and written") {
  const auto with = [](const std::string& cut) {
    std::string text = replaced(documented_example(), "\"retinaface\"", "\"none\"");
    text = replaced(text, "\"rule\": \"boxes\"", "\"rule\": \"label\"");
    text = replaced(text, "\"parts\": [", R"("parts": [{"name": "branches", "file": "branches.onnx", "bytes": 1,
      "sha256": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"},)");
    return replaced(text, "\"default_target\"",
                    R"("exits": {"part": "branches", "rule": "max_probability",
      "places": [{"tensor": "a", "exit": "b"}, {"tensor": "c", "exit": "d"}],
      "points": [{"target": 0.9, "thresholds": [0.5, 0.5]}], "cut": {)" +
                        cut + R"(}}, "default_target")");
  };
  const std::string place = R"("place": 1, )";
  const std::string coding = R"("coding": "filter", )";
  const std::string values = R"("values": [-1, 0, 2.5], )";
  const std::string points =
      R"("points": [{"target": 0.8, "thresholds": [0.9, 1]}, {"target": 0.9, "thresholds": [1, 1]}])";
  const auto manifest = parse_manifest(with(place + coding + values + points));
  if (!manifest) FAIL(manifest.error().message);
  const std::string text = write_manifest(*manifest).value();
  const auto again = parse_manifest(text);
  if (!again) FAIL(again.error().message);
  CHECK(write_manifest(*again).value() == text);
  REQUIRE(again->exits.has_value());
  REQUIRE(again->exits->cut.has_value());
  const ExitCutSpec& cut = *again->exits->cut;
  CHECK(cut.place == 1);
  CHECK(cut.coding == "filter");
  CHECK(cut.values == std::vector<float>{-1, 0, 2.5F});
  REQUIRE(cut.points.size() == 2);
  CHECK(cut.points[0].target == 0.8F);
  CHECK(cut.points[0].thresholds == std::vector<float>{0.9F, 1});

  CHECK(message_of(with(R"("place": 2, )" + coding + values + points)).find("exits.cut.place is 2") == 0);
  CHECK(message_of(with(coding + values + points)) == "exits.cut.place is missing");
  CHECK(message_of(with(place + R"("coding": "nowhere", )" + values + points)).find("exits.cut.coding") == 0);
  CHECK(message_of(with(place + R"("coding": "model", )" + values + points)) ==
        "exits.cut.coding is 'model'; it is the model, or its exits, too");
  CHECK(message_of(with(place + R"("coding": "branches", )" + values + points)) ==
        "exits.cut.coding is 'branches'; it is the model, or its exits, too");
  CHECK(message_of(with(place + coding + points)) ==
        "exits.cut.values expected what each symbol stands for, two numbers or more");
  CHECK(message_of(with(place + coding + R"("values": [1, 1], )" + points)) ==
        "exits.cut.values expected each number to be above the one before");
  CHECK(message_of(with(place + coding + R"("values": [1, 2e7], )" + points)).find("exits.cut.values[1]") == 0);
  CHECK(message_of(with(place + coding + values + R"("points": [])")).find("exits.cut.points") == 0);
  CHECK(message_of(with(place + coding + values + R"("points": [{"target": 0.9, "thresholds": [0.5]}])")) ==
        "exits.cut.points[0].thresholds has 1 numbers; expected one for each of the 2 places");
  CHECK(message_of(with(place + coding + values + points + R"(, "depth": 3)"))
            .find("exits.cut has an unknown field 'depth'") == 0);
}
