#include "native/eval/plot.hpp"

#include <doctest/doctest.h>

#include <regex>

using namespace sluice::eval;

namespace {

Measurement plotted_visit() {
  Measurement measurement;
  ClipRecord clip{"visit", false, {}};
  for (int i = 0; i < 60; ++i) clip.frames.push_back({0.1F, false, {}, 0, {}, nullptr});
  for (int i = 0; i < 40; ++i) clip.frames.push_back({i < 10 ? 0.3F : 0.9F, true, {}, 0, {}, nullptr});
  measurement.clips.push_back(clip);
  return measurement;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the plot has a mark for each target in either panel, with what was kept and skipped") {
  const std::vector<sluice::pipeline::OperatingPoint> points = {{0.8F, 0.95F, 0.5F, 0}, {0.95F, 0.95F, 0.2F, 0}};
  const std::string svg = promise_plot(plotted_visit(), {"toy <1>", "a & b", points[1], 0.95}, points);
  CHECK(count(svg, "<circle") == 4);
  CHECK(svg.find("asked 80 %, kept 90.0 %") != std::string::npos);
  CHECK(svg.find("asked 95 %, kept 100.0 %") != std::string::npos);
  CHECK(svg.find("asked 80 %, skipped 70.0 %") != std::string::npos);
  CHECK(svg.find("asked 95 %, skipped 60.0 %") != std::string::npos);
  CHECK(svg.find("toy &lt;1&gt; on a &amp; b, 100 frames") != std::string::npos);
}

TEST_CASE("what keeps its promise lies above the line, what breaks it below") {
  const std::vector<sluice::pipeline::OperatingPoint> points = {{0.9F, 0.95F, 0.5F, 0}, {0.95F, 0.95F, 0.5F, 0}};
  const std::string svg = promise_plot(plotted_visit(), {"toy", "x", points[0], 0.9}, points);
  // The line runs from (90, 90) to (100, 100) between these two corners; 90 % was kept at either target.
  std::smatch line;
  REQUIRE(std::regex_search(svg, line, std::regex(R"(class="limit" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+))")));
  const auto number = [&](std::size_t i) { return std::stod(line[i]); };
  std::vector<double> above;
  const std::regex dot(R"re(cx="([\d.]+)" cy="([\d.]+)" r="4")re");
  for (std::sregex_iterator at(svg.begin(), svg.end(), dot), end; at != end; ++at) {
    const double x = std::stod((*at)[1]);
    const double limit = number(2) + (x - number(1)) / (number(3) - number(1)) * (number(4) - number(2));
    above.push_back(limit - std::stod((*at)[2]));
  }
  REQUIRE(above.size() == 2);
  CHECK(above[0] == doctest::Approx(0).epsilon(0.2));
  CHECK(above[1] < -5);
}
