// The drawing of accuracy against bytes.
#include "native/eval/split/split_plot.hpp"

#include <doctest/doctest.h>

using namespace sluice::eval;

namespace {

std::size_t occurrences_in(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

SystemPoint point(const char* system, const char* coder, double bytes, double accuracy) {
  return {system, "v", coder, bytes, accuracy, 0, std::nullopt};
}

}  // namespace

TEST_CASE("each system and coder is a line with a dot for each point, and what needs no byte a level") {
  const std::vector<SystemPoint> points = {
      point("sluice", "a", 0, 0.5),    point("sluice", "a", 200, 0.9), point("sluice", "a", 100, 0.8),
      point("sluice", "b", 0, 0.5),    point("sluice", "b", 150, 0.8), point("deep & cod", "", 400, 0.85),
      point("deep & cod", "", 1, 0.6), point("sluice", "b", 160, 0.7),
  };
  const std::string svg = split_plot({"halves <1>", 0.92}, points);
  CHECK(svg.find("halves &lt;1&gt;") != std::string::npos);
  CHECK(occurrences_in(svg, "<circle") == 6);
  CHECK(occurrences_in(svg, "<path class=\"line c0\"") == 2);  // drawn, and in the key
  const auto path_of = [&](const std::string& line) {
    const std::size_t at = svg.find("<path class=\"line " + line + "\"");
    return svg.substr(at, svg.find("/>", at) - at);
  };
  CHECK(occurrences_in(path_of("c0"), "L") == 1);
  CHECK(occurrences_in(path_of("c1"), "L") == 0);  // what takes more bytes to be right less often is a dot alone
  CHECK(occurrences_in(svg, "<path class=\"line c2\"") == 2);
  CHECK(occurrences_in(svg, "<path class=\"line c3\"") == 0);
  CHECK(occurrences_in(svg, "class=\"level\"") == 2);  // the full model and one guess
  CHECK(svg.find("sluice without a byte") != std::string::npos);
  CHECK(svg.find("deep &amp; cod, v: 400.0 bytes, 85.00 %") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
}

TEST_CASE("a plot of one point, or of none, is still one") {
  for (const std::vector<SystemPoint>& points : {std::vector<SystemPoint>{point("x", "", 100, 1)}, {}}) {
    const std::string svg = split_plot({"t", 1}, points);
    CHECK(svg.find("</svg>") != std::string::npos);
    CHECK(svg.find("nan") == std::string::npos);
    CHECK(svg.find("inf") == std::string::npos);
  }
}
