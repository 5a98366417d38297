// The line of JSON of one bundle with exits and of a family, and the table beside other systems.
#include "native/eval/exits/exit_json.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include "native/eval/exits/exit_comparison.hpp"

using namespace sluice::eval;

namespace {

// Two inputs, of which one leaves at the exit at the second point; the backbone is right on both and costs 100.
EvaluatedExits evaluated(const char* backbone, double branchynet) {
  EvaluatedExits one;
  one.measured.classes = 3;
  one.measured.profile.exits = {{{0.9F, true, true}, {0.2F, false, false}}};
  one.measured.profile.full_right = {1, 1};
  one.measured.costs = {{40, 60}, {2}};
  one.report.bundle = "toy 1.0.0";
  one.report.backbone = backbone;
  one.report.places = {{"relu", "exit_0"}};
  one.report.target = 0.9;
  one.report.points = {{0.5, replay(one.measured.profile, one.measured.costs, std::vector<float>{0})},
                       {0.9, replay(one.measured.profile, one.measured.costs, std::vector<float>{0.5F})}};
  one.report.chosen = 1;
  one.report.times = ExitTimes{10, {2, 6}};
  one.report.wasm_times = ExitTimes{20, {4, 14}};
  one.report.weights_bytes = 4e6;
  one.report.others = {{"branchynet", backbone, "joint", 0.995, branchynet, 5e6, std::nullopt}};
  return one;
}

rapidjson::Document parse(const std::string& text) {
  rapidjson::Document json;
  json.Parse(text);
  REQUIRE_FALSE(json.HasParseError());
  REQUIRE(json.IsObject());
  for (const auto& member : json.GetObject()) REQUIRE_FALSE(member.value.IsObject());
  return json;
}

}  // namespace

TEST_CASE("one bundle's line has the figures of the point that the target takes") {
  const auto json = parse(exit_json(evaluated("vgg", 90)));
  CHECK(json["bundle"] == "toy 1.0.0");
  CHECK(json["samples"].GetUint64() == 2);
  CHECK(json["accuracy"].GetDouble() == 1);
  CHECK(json["backbone_accuracy"].GetDouble() == 1);
  CHECK(json["macs_over_backbone"].GetDouble() == doctest::Approx((42 + 102) / 200.0));
  CHECK(json["ms_over_backbone_native"].GetDouble() == doctest::Approx(0.6));
  CHECK(json["ms_over_backbone_wasm"].GetDouble() == doctest::Approx(0.7));
  CHECK(json["exits_kept"].GetUint64() == 1);
  CHECK(json["exits_cost_share"].GetDouble() == doctest::Approx(0.02));
  // From half right at 42 to all right at 72, read at 99.5 %.
  CHECK(json["macs_over_branchynet"].GetDouble() == doctest::Approx((42 + 30 * 0.99) / 90));
}

TEST_CASE("what was not measured is null") {
  EvaluatedExits one = evaluated("vgg", 90);
  one.report.wasm_times.reset();
  one.report.others.clear();
  auto json = parse(exit_json(one));
  CHECK(json["ms_over_backbone_wasm"].IsNull());
  CHECK(json["macs_over_branchynet"].IsNull());
  one.report.chosen.reset();
  json = parse(exit_json(one));
  CHECK(json["accuracy"].IsNull());
  CHECK(json["ms_over_backbone_native"].IsNull());
  CHECK(json["backbone_accuracy"].GetDouble() == 1);
}

TEST_CASE("a family has each backbone's figures, and the worse of two") {
  std::vector<EvaluatedExits> all = {evaluated("inception", 80), evaluated("vgg", 90)};
  all[0].measured.costs.branches = {1};
  auto json = parse(exit_family_json("toy", all));
  CHECK(json["bundle"] == "toy");
  for (const char* key : {"accuracy", "backbone_accuracy", "macs_over_backbone", "macs_over_branchynet",
                          "ms_over_backbone_wasm", "ms_over_backbone_native", "exits_kept", "exits_cost_share"}) {
    for (const char* prefix : {"vgg_", "inception_"}) CHECK(json.HasMember((std::string(prefix) + key).c_str()));
  }
  CHECK_FALSE(json.HasMember("accuracy"));
  CHECK(json["exits_cost_share"].GetDouble() == doctest::Approx(0.02));
  CHECK(json["macs_over_branchynet"].GetDouble() == json["inception_macs_over_branchynet"].GetDouble());
  CHECK(json["macs_over_branchynet"].GetDouble() > json["vgg_macs_over_branchynet"].GetDouble());
  all[1].report.others.clear();
  json = parse(exit_family_json("toy", all));
  CHECK(json["macs_over_branchynet"].IsNull());
  CHECK(json["inception_macs_over_branchynet"].IsDouble());
}

TEST_CASE("the table says what each system costs at a loss, and a dash where it never gets there") {
  const EvaluatedExits one = evaluated("vgg", 90);
  const std::string table = comparison_table(one.measured, one.report);
  CHECK(table.find("branchynet") != std::string::npos);
  CHECK(table.find("90.0") != std::string::npos);
  CHECK(table.find("71.7") != std::string::npos);  // ours, half a point below
  CHECK(table.find(" - ") != std::string::npos);   // BranchyNet is never right on all
  EvaluatedExits alone = one;
  alone.report.others.clear();
  CHECK(comparison_table(alone.measured, alone.report).empty());
  alone.report.every = 50;
  CHECK(comparison_table(alone.measured, alone.report).find("left out: their points are of all pictures") !=
        std::string::npos);
}

TEST_CASE("panels hold accuracy against cost and against time") {
  EvaluatedExits one = evaluated("vgg", 90);
  auto panels = exit_panels(one.measured, one.report);
  REQUIRE(panels.size() == 2);
  REQUIRE(panels[0].lines.size() == 2);
  CHECK(panels[0].lines[0].points[1].cost == doctest::Approx(72e-6));
  REQUIRE(panels[1].lines.size() == 4);
  CHECK(panels[1].lines[0].points[1].cost == 6);
  CHECK(panels[1].lines[3].points[0].cost == 20);
  one.report.wasm_times.reset();
  CHECK(exit_panels(one.measured, one.report)[1].lines.size() == 2);
}
