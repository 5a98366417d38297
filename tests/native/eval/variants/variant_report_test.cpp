// Which variants are of no use, and what the command says of all.
#include "native/eval/variants/variant_report.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

using namespace sluice::eval;

namespace {

VariantFigures figures(const std::string& name, double ms, double low) {
  VariantFigures one;
  one.name = name;
  one.ms = ms;
  one.calibration = {low + 0.01, low, low + 0.02};
  return one;
}

}  // namespace

TEST_CASE("a variant is of no use beside one that is as quick and agrees as often, or beside the model") {
  std::vector<VariantFigures> all = {figures("good", 4, 0.9), figures("worse", 5, 0.85), figures("tiny", 1, 0.7),
                                     figures("slow", 12, 0.99)};
  mark_dominated(10, all);
  CHECK(all[0].dominated_by.empty());
  CHECK(all[1].dominated_by == "'good'");
  CHECK(all[2].dominated_by.empty());
  CHECK(all[3].dominated_by == "the model");
}

TEST_CASE("of two that are alike in both neither is of no use") {
  std::vector<VariantFigures> all = {figures("one", 4, 0.9), figures("two", 4, 0.9)};
  mark_dominated(10, all);
  CHECK(all[0].dominated_by.empty());
  CHECK(all[1].dominated_by.empty());
  all[1].ms = 5;
  mark_dominated(10, all);
  CHECK(all[1].dominated_by == "'one'");
}

TEST_CASE("the line of JSON has what the table says") {
  VariantReport report;
  report.bundle = "colours 1.0.0";
  report.device = "xnnpack-1-thread";
  report.pictures = 100;
  report.draws = 30;
  report.model_file_bytes = 1000;
  report.model_ms = 10;
  report.variants = {figures("good", 4, 0.9), figures("worse", 5, 0.85)};
  mark_dominated(report.model_ms, report.variants);
  report.variants[0].written = report.variants[0].added = report.variants[1].added = true;
  report.variants[0].test = AgreementFigures{0.92, 0.91, 0.93};
  report.folder = "colours";
  const std::string table = variant_table(report);
  CHECK_MESSAGE(table.find("left out: 'good'") != std::string::npos, table);
  CHECK_MESSAGE(table.find("100 pictures of  (videos counted as one: 30)") != std::string::npos, table);
  CHECK_MESSAGE(table.find("'good' at 90.00 %") != std::string::npos, table);
  rapidjson::Document json;
  json.Parse(variant_json(report));
  REQUIRE(json.IsObject());
  CHECK(json["model"]["ms"].GetDouble() == 10);
  CHECK(json["variants"][0]["agreement_low"].GetDouble() == doctest::Approx(0.9));
  CHECK(json["variants"][0]["test"]["agreement"].GetDouble() == doctest::Approx(0.92));
  CHECK(json["variants"][0]["written"].GetBool());
  CHECK_FALSE(json["variants"][0].HasMember("dominated_by"));
  CHECK(json["variants"][1]["dominated_by"] == "'good'");
  CHECK_FALSE(json["variants"][1].HasMember("test"));
}
