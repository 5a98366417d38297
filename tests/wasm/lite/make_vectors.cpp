// make_split_vectors OUT small|large|UNIT: vectors of a device unit: a small one or one of the size of CIFAR-10's, with random
// weights, or one from a file. "small" makes tests/wasm/lite/vectors.bin.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/core/split/device/random_unit.hpp"
#include "tests/wasm/lite/vectors.hpp"

int main(int count, char** arguments) {
  if (count < 3) return 2;
  using namespace sluice;
  const std::string which = arguments[2];
  const bool small = which == "small";
  // Coded in two steps, as what is trained is.
  const split::UnitPlan plan = test::with_symbol_model(small ? test::random_plan(4) : test::cifar_sized_plan(1), 3);
  std::vector<std::uint8_t> unit;
  if (small || which == "large") {
    if (const auto made = split::write_device_unit(plan)) unit = *made;
  } else {
    std::ifstream file(which, std::ios::binary);
    unit.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto vectors = test::make_vectors(unit, {test::random_picture(plan, 105), test::random_picture(plan, 106)});
  if (vectors.empty()) {
    std::fprintf(stderr, "no unit, or not of 32x32 pictures\n");
    return 1;
  }
  std::ofstream(arguments[1], std::ios::binary)
      .write(reinterpret_cast<const char*>(vectors.data()), static_cast<std::streamsize>(vectors.size()));
  return 0;
}
