// The Grafana dashboard asks for series that /metrics has, by labels that they have.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <regex>
#include <set>
#include <string>

#include "server/metrics/metrics.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;

namespace {

// The text exposition with at least one series of each family.
std::string exposition() {
  server::Metrics metrics;
  const auto model = metrics.add_model("faces", "1.0.0");
  metrics.http_answered(200);
  metrics.rate_limited("somebody");
  metrics.set_certificate_expiry(std::chrono::system_clock::now());
  metrics.credentials_loaded(server::Credential::kTokens, true);
  return metrics.text();
}

std::set<std::string> found(const std::string& text, const std::string& pattern) {
  std::set<std::string> all;
  const std::regex expression(pattern);
  for (std::sregex_iterator one(text.begin(), text.end(), expression), end; one != end; ++one) all.insert((*one)[1]);
  return all;
}

// The labels of a family's series.
std::set<std::string> labels_of(const std::string& exposition, const std::string& family) {
  std::set<std::string> labels{"instance"};  // Prometheus adds it
  const std::regex series("(^|\n)" + family + "\\{([^}]*)\\}");
  for (std::sregex_iterator one(exposition.begin(), exposition.end(), series), end; one != end; ++one) {
    for (const auto& label : found((*one)[2], "([a-z_]+)=\"")) labels.insert(label);
  }
  return labels;
}

}  // namespace

TEST_CASE("what the dashboard asks for is there") {
  const std::string text = test::read_file(std::string(SLUICE_SOURCE) + "/server/packaging/grafana.json");
  rapidjson::Document dashboard;
  dashboard.Parse(text.c_str());
  REQUIRE_FALSE(dashboard.HasParseError());
  const std::string metrics = exposition();
  const auto names = found(metrics, "(?:^|\n)([a-z_]+)[ {]");
  std::set<std::string> asked;
  for (const auto& panel : dashboard["panels"].GetArray()) {
    CAPTURE(panel["title"].GetString());
    REQUIRE(panel["targets"].Size() > 0);
    for (const auto& target : panel["targets"].GetArray()) {
      const std::string expression = target["expr"].GetString();
      const auto series = found(expression, "((?:sluice|process)_[a-z_]+)");
      REQUIRE_MESSAGE(!series.empty(), expression);
      for (const auto& name : series) {
        CHECK_MESSAGE(names.contains(name), name);
        const auto labels = labels_of(metrics, name);
        for (const auto& label : found(expression, "([a-z_]+)=~"))
          CHECK_MESSAGE(labels.contains(label), name << ' ' << label);
        for (const auto& list : found(expression, "by \\(([a-z_, ]+)\\)")) {
          for (const auto& label : found(list, "([a-z_]+)"))
            CHECK_MESSAGE(labels.contains(label), name << ' ' << label);
        }
      }
      asked.insert(series.begin(), series.end());
    }
  }
  CHECK(asked.size() > 20);
  // Of bundles in two halves.
  for (const char* histogram : {"sluice_split_channels", "sluice_split_payload_bytes"}) {
    for (const char* part : {"_sum", "_count", "_bucket"}) CHECK(asked.contains(std::string(histogram) + part));
  }
}
