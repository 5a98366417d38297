// Makes the seeds of device units: those of the tests, with and without a symbol model, with thresholds, of more local channels.
//   write_device_unit_corpus FOLDER
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/core/split/device/random_unit.hpp"

namespace {

using namespace sluice;

// Symbols by a codebook in place of rounding; that far apart that each occurs.
split::UnitPlan with_thresholds(split::UnitPlan plan) {
  plan.first_symbol = 0;
  plan.last_symbol = 5;
  plan.thresholds = {-900, -300, 0, 250, 1000};
  for (double& factor : plan.symbol_factors) factor = 0.2;
  return plan;
}

split::UnitPlan all_but_one_local(split::UnitPlan plan) {
  plan.local_channels = 5;
  plan.shares = {1, 0.5F};
  return plan;
}

bool write_seed(const std::string& path, const split::UnitPlan& plan) {
  const auto unit = split::write_device_unit(plan);
  if (!unit) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), unit.error().message.c_str());
    return false;
  }
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(unit->data()), static_cast<std::streamsize>(unit->size()));
  file.close();
  if (!file) std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[1];
  const bool written =
      write_seed(folder + "/plain.unit", test::random_plan(1)) &&
      write_seed(folder + "/thresholds.unit", test::with_symbol_model(with_thresholds(test::random_plan(2)))) &&
      write_seed(folder + "/local.unit", test::with_symbol_model(all_but_one_local(test::random_plan(3)))) &&
      write_seed(folder + "/coded.unit", test::with_symbol_model(test::random_plan(4)));
  return written ? 0 : 1;
}
