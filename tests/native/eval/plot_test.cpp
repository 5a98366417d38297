#include "native/eval/plot.hpp"

#include <doctest/doctest.h>

#include <regex>

using namespace sluice::eval;

namespace {

// Of 100 frames 60 are redundant; 10 of the others are missed at the bolder of two thresholds, and 20 have an earlier result.
Score visit(std::size_t missed, std::size_t reused = 0) {
  Score score;
  score.frames = 100;
  score.redundant = 60;
  score.repeated = 20;
  score.skipped = 60 + missed;
  score.missed = missed;
  score.reused = reused;
  return score;
}

ReportSubject subject(bool reuses) {
  ReportSubject made;
  made.bundle = "toy <1>";
  made.data = "a & b";
  made.reuses = reuses;
  return made;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the plot has a mark for each target in either panel, with what was kept, skipped and reused") {
  const std::vector<PlottedTarget> targets = {{0.8, visit(10, 15)}, {0.95, visit(0, 5)}};
  const std::string svg = promise_plot(subject(true), targets);
  CHECK(count(svg, "<circle") == 4);
  CHECK(svg.find("asked 80 %, kept 90.0 %") != std::string::npos);
  CHECK(svg.find("asked 95 %, kept 100.0 %") != std::string::npos);
  CHECK(svg.find("asked 80 %, skipped 70.0 %, reused 15.0 %") != std::string::npos);
  CHECK(svg.find("asked 95 %, skipped 60.0 %, reused 5.0 %") != std::string::npos);
  CHECK(svg.find("toy &lt;1&gt; on a &amp; b, 100 frames") != std::string::npos);
  CHECK(count(svg, "class=\"reused\"") == 2);  // its area and its key
}

TEST_CASE("a bundle that only skips has nothing of REUSE in its plot") {
  const std::vector<PlottedTarget> targets = {{0.8, visit(10)}, {0.95, visit(0)}};
  const std::string svg = promise_plot(subject(false), targets);
  CHECK(svg.find("asked 80 %, skipped 70.0 %</title>") != std::string::npos);
  CHECK(count(svg, "class=\"reused\"") == 0);
}

TEST_CASE("what keeps its promise lies above the line, what breaks it below") {
  const std::vector<PlottedTarget> targets = {{0.9, visit(10)}, {0.95, visit(10)}};
  const std::string svg = promise_plot(subject(false), targets);
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

TEST_CASE("the plot stands on a ground of its own, light or dark as its text is not") {
  const std::vector<PlottedTarget> targets = {{0.8, visit(10)}, {0.95, visit(0)}};
  const std::string svg = promise_plot(subject(false), targets);
  const std::size_t ground = svg.find("<rect class=\"page\" width=\"760\" height=\"362\"/>");
  CHECK(ground < svg.find("<text"));
  const std::size_t dark = svg.find("@media(prefers-color-scheme:dark)");
  CHECK(svg.find(".page{fill:#fff}text{") < dark);
  CHECK(svg.find(".page{fill:#14191f}text{fill:#e4e8ec}", dark) != std::string::npos);
}
