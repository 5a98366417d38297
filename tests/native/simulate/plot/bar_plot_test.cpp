// Bars: their lengths by the scale, and what is written into the SVG.
#include "native/simulate/plot/bar_plot.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace sluice::simulate;

namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

const std::vector<BarPanel> kTwo = {{"small", {{"one", 1, "1", BarStyle::kOurs}, {"two", 2, "2"}}},
                                    {"large", {{"ten", 10, "10", BarStyle::kBound}}}};

}  // namespace

TEST_CASE("with one scale the longest of all fills the width, with scales of their own each panel's") {
  CHECK(count_of(bar_plot("title", kTwo, BarScale::kShared), "width=\"430.0\"") == 1);
  CHECK(count_of(bar_plot("title", kTwo, BarScale::kOwn), "width=\"430.0\"") == 2);
  CHECK(count_of(bar_plot("title", kTwo, BarScale::kShared), "width=\"43.0\"") == 1);
}

TEST_CASE("names cannot become markup, and what is no length is none") {
  const std::string svg =
      bar_plot("a < b", {{"<b>", {{"x & y", std::numeric_limits<double>::quiet_NaN(), "<nan>"}}}}, BarScale::kOwn);
  CHECK(svg.find("a &lt; b") != std::string::npos);
  CHECK(svg.find("x &amp; y") != std::string::npos);
  CHECK(svg.find("<b>") == std::string::npos);
  CHECK(count_of(svg, "width=\"0.0\"") == 1);
}

TEST_CASE("nothing to draw is a page with a title") {
  CHECK(bar_plot("nothing", {}, BarScale::kShared).find(">nothing<") != std::string::npos);
}
