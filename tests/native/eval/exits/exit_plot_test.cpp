// The drawing of accuracy against cost.
#include "native/eval/exits/exit_plot.hpp"

#include <doctest/doctest.h>

using namespace sluice::eval;

namespace {

std::size_t count_in(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("each line is drawn with a dot for each point near the level, and named in the key") {
  const std::vector<ExitPanel> panels = {
      {"exits <1>",
       "million",
       0.92,
       {{"ours", {{1, 0.85, "a"}, {2, 0.9, "b & c"}}}, {"theirs", {{1, 0.4, ""}, {3, 0.9, ""}}}}},
      {"timed", "ms", 0.92, {{"native", {{0.5, 0.92, ""}}}}}};
  const std::string svg = exit_plot(panels);
  CHECK(svg.find("exits &lt;1&gt;") != std::string::npos);
  CHECK(svg.find("ours, b &amp; c: 2, 90.00 %") != std::string::npos);
  CHECK(count_in(svg, "<circle") == 4);  // the point at 40 % is below
  CHECK(count_in(svg, "<path class=\"line c0\"") == 4);
  CHECK(count_in(svg, "<path class=\"line c1\"") == 2);
  CHECK(count_in(svg, "class=\"level\"") == 2);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
}

TEST_CASE("panels without points, and none at all, are still a drawing") {
  for (const std::vector<ExitPanel>& panels :
       {std::vector<ExitPanel>{{"t", "ms", 1, {}}}, {{"t", "ms", 1, {{"one", {{0, 0, ""}}}}}}, {}}) {
    const std::string svg = exit_plot(panels);
    CHECK(svg.find("</svg>") != std::string::npos);
    CHECK(svg.find("nan") == std::string::npos);
    CHECK(svg.find("inf") == std::string::npos);
  }
}
