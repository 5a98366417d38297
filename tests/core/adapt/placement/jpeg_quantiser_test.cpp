#include "core/adapt/placement/jpeg_quantiser.hpp"

#include <doctest/doctest.h>

#include <random>
#include <vector>

using sluice::adapt::jpeg_quantiser;

namespace {

std::vector<std::uint8_t> header(std::uint8_t table, std::uint8_t value) {
  std::vector<std::uint8_t> file = {0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xdb, 0, 67, table};
  file.insert(file.end(), 64, value);
  return file;
}

}  // namespace

TEST_CASE("the first table's mean over the standard's") {
  CHECK(*jpeg_quantiser(header(0, 10)) == doctest::Approx(640.0 / 3688));
  CHECK_FALSE(jpeg_quantiser(header(1, 10)).has_value());  // colours alone
  CHECK_FALSE(jpeg_quantiser(header(0, 0)).has_value());
  auto both = header(1, 99);
  const auto first = header(0, 5);
  both.insert(both.end(), first.begin() + 9, first.end());
  CHECK(*jpeg_quantiser(both) == doctest::Approx(320.0 / 3688));
}

TEST_CASE("sixteen-bit tables") {
  std::vector<std::uint8_t> file = {0xff, 0xd8, 0xff, 0xdb, 0, 131, 0x10};
  for (int i = 0; i < 64; ++i) file.insert(file.end(), {1, 0});
  CHECK(*jpeg_quantiser(file) == doctest::Approx(64 * 256.0 / 3688));
}

TEST_CASE("cut and damaged files end") {
  const auto whole = header(0, 10);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(jpeg_quantiser(cut).has_value());
  }
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    auto damaged = whole;
    for (int k = 0; k < 3; ++k) damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    const auto read = jpeg_quantiser(damaged);
    if (read) CHECK(*read > 0);
  }
}
