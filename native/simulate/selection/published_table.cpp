#include "native/simulate/selection/published_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "native/simulate/selection/selection_simulation.hpp"

namespace sluice::simulate {
namespace {

struct PublishedRow {
  double sla_ms;
  double accuracy;
  double mean_ms;
  double late;
  double greedy_accuracy;
  double greedy_ms;
  double greedy_late;
};

constexpr std::array<PublishedRow, 6> kRows = {{
    {50, 52.5, 107.5, .875, 77.9, 134.1, .972},
    {100, 61.5, 116.9, .538, 80.1, 161.6, .900},
    {150, 72.8, 141.4, .179, 82.6, 215.8, .915},
    {200, 79.5, 174.5, .029, 82.6, 215.6, .612},
    {250, 81.9, 201.4, .002, 82.6, 214.7, .234},
    {300, 82.5, 212.8, .000, 82.6, 214.9, .038},
}};

struct DuplicationRow {
  const char* network;
  double sla_ms;
  double accuracy;
  double late;
};
constexpr std::array<DuplicationRow, 4> kDuplication = {
    {{"campus", 250, 80.6, .018}, {"home", 250, 69.5, .26}, {"home", 400, 81.5, .014}, {"lte", 400, 47, .85}}};

struct VariationRow {
  double variation;
  double accuracy;
  double late;
};
constexpr std::array<VariationRow, 5> kVariation = {
    {{0, 77.9, 0}, {0.25, 71.7, .17}, {0.5, 66.8, .33}, {0.75, 63.9, .41}, {1, 61.3, .48}}};

SelectionSetup setup_of(const TableNetwork& network, double sla_ms, std::size_t requests, std::uint64_t seed) {
  SelectionSetup setup;
  setup.network = network;
  setup.sla_ms = sla_ms;
  setup.requests = requests;
  setup.seed = seed;
  setup.models.resize(table_models().size());
  std::iota(setup.models.begin(), setup.models.end(), std::size_t{0});
  return setup;
}

std::string ms(double value) { return std::to_string(static_cast<int>(value)) + " ms"; }

}  // namespace

std::vector<TableCheck> check_published_table(std::size_t requests, std::uint64_t seed) {
  std::vector<TableCheck> checks;
  for (const PublishedRow& row : kRows) {
    SelectionSetup setup = setup_of(*find_network("artificial"), row.sla_ms, requests, seed);
    setup.models.assign(comparison_models().begin(), comparison_models().end());
    const auto chosen = simulate_selection(setup, Policy::kMdInference);
    const auto greedy = simulate_selection(setup, Policy::kGreedy);
    checks.push_back({"mdinference, SLA " + ms(row.sla_ms), chosen->model_accuracy, row.accuracy, chosen->late,
                      row.late, chosen->mean_ms, row.mean_ms});
    checks.push_back({"greedy, SLA " + ms(row.sla_ms), greedy->model_accuracy, row.greedy_accuracy, greedy->late,
                      row.greedy_late, greedy->mean_ms, row.greedy_ms});
  }
  return checks;
}

std::vector<TableCheck> check_published_duplication(std::size_t requests, std::uint64_t seed) {
  std::vector<TableCheck> checks;
  for (const DuplicationRow& row : kDuplication) {
    const auto outcome =
        simulate_selection(setup_of(*find_network(row.network), row.sla_ms, requests, seed), Policy::kMdInference);
    checks.push_back({std::string(row.network) + ", SLA " + ms(row.sla_ms), outcome->accuracy, row.accuracy,
                      outcome->late, row.late, outcome->mean_ms, 0});
  }
  return checks;
}

std::vector<TableCheck> check_published_variation(std::size_t requests, std::uint64_t seed) {
  std::vector<TableCheck> checks;
  for (const VariationRow& row : kVariation) {
    SelectionSetup setup = setup_of({"", 100, 100 * row.variation}, 250, requests, seed);
    const auto outcome = simulate_selection(setup, Policy::kMdInference);
    checks.push_back({"variation " + std::to_string(static_cast<int>(100 * row.variation)) + " %", outcome->accuracy,
                      row.accuracy, outcome->late, row.late, outcome->mean_ms, 0});
  }
  return checks;
}

TableError largest_error(const std::vector<TableCheck>& checks) {
  TableError error;
  for (const TableCheck& check : checks) {
    error.accuracy = std::max(error.accuracy, std::abs(check.accuracy - check.stated_accuracy));
    error.late = std::max(error.late, std::abs(check.late - check.stated_late));
  }
  return error;
}

}  // namespace sluice::simulate
