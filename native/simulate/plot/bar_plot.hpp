// Bars under headings, as an SVG that is readable on light and dark pages: what the simulations draw their reports with. Pure function.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::simulate {

enum class BarStyle : std::uint8_t { kOurs, kOther, kBound };  // a bound knows what nobody can

struct Bar {
  std::string label;
  double value = 0;  // what is not finite or below 0 is drawn as nothing
  std::string text;  // behind the bar
  BarStyle style = BarStyle::kOther;
};

struct BarPanel {
  std::string title;
  std::vector<Bar> bars;
};

// All panels to one scale, or each to its own.
enum class BarScale : std::uint8_t { kShared, kOwn };

std::string bar_plot(const std::string& title, const std::vector<BarPanel>& panels, BarScale scale);

}  // namespace sluice::simulate
