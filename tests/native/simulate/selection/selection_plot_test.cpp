// Means over the conditions of an SLA, as a table and as bars.
#include <doctest/doctest.h>

#include "native/simulate/selection/selection_report.hpp"

using namespace sluice::simulate;

namespace {

ConditionOutcome condition(double sla_ms, double accuracy, double late) {
  ConditionOutcome one;
  one.sla_ms = sla_ms;
  one.outcomes.resize(kPolicies.size());
  for (SelectionOutcome& outcome : one.outcomes) {
    outcome.accuracy = accuracy;
    outcome.late = late;
  }
  return one;
}

SelectionOutcome& ours(ConditionOutcome& one) { return one.outcomes[static_cast<std::size_t>(Policy::kSluice)]; }

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::vector<ConditionOutcome> three_conditions() {
  std::vector<ConditionOutcome> all = {condition(100, 40, 0.5), condition(250, 60, 0.25), condition(100, 50, 0.25)};
  ours(all[0]).accuracy = 70;
  ours(all[2]).accuracy = 80;
  ours(all[2]).late = 0;
  return all;
}

}  // namespace

TEST_CASE("conditions of one SLA are averaged, wherever they stand, and those of another are not") {
  const std::string table = policies_report(three_conditions());
  CHECK(count_of(table, "SLA 100 ms: accuracy, mean of 2 conditions") == 1);
  CHECK(count_of(table, "SLA 250 ms: accuracy, mean of 1 conditions") == 1);
  CHECK(count_of(table, "45.0 %; late 37.5 %") == kPolicies.size() - 1);  // all but ours at 100 ms
  CHECK(count_of(table, "75.0 %; late 25.0 %") == 1);
  CHECK(count_of(table, "60.0 %; late 25.0 %") == kPolicies.size());
  CHECK(table.find("SLA 100 ms") < table.find("SLA 250 ms"));
  for (const Policy policy : kPolicies) CHECK(count_of(table, "    " + std::string(name_of(policy)) + ' ') == 2);
}

TEST_CASE("a panel for each SLA, a bar for each policy, and ours stands out") {
  const std::string svg = selection_plot(three_conditions());
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(count_of(svg, "class=\"ours\"") == 2);
  CHECK(count_of(svg, "mean of 2 conditions") == 1);
  CHECK(count_of(svg, ">jellyfish<") == 2);
  // One scale: 75 fills the width, 45 and 60 their shares of it.
  CHECK(count_of(svg, "width=\"430.0\"") == 1);
  CHECK(count_of(svg, "width=\"258.0\"") == kPolicies.size() - 1);
  CHECK(count_of(svg, "width=\"344.0\"") == kPolicies.size());
}

TEST_CASE("without conditions there are a heading and no bars") {
  CHECK(policies_report({}) == "every policy, means over the conditions\n");
  CHECK(count_of(selection_plot({}), "class=\"ours\"") == 0);
}
