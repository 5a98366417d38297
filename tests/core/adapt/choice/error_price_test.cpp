// The virtual queue of errors: where its price goes, what it never lets happen, and odd numbers.
#include "core/adapt/choice/error_price.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace sluice::adapt;
using sluice::ErrorCode;

namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

ErrorPrice price_at(const ErrorPriceOptions& options) {
  const auto price = ErrorPrice::create(options);
  REQUIRE(price.has_value());
  return *price;
}

}  // namespace

TEST_CASE("a price falls while fewer errors are taken than allowed, to nothing, and rises with errors") {
  ErrorPrice price = price_at({.target = 0.9, .longest_errors = 1, .begins_errors = 1, .price_per_error = 10});
  price.saw(5);
  CHECK(price.price() == doctest::Approx(50));
  for (int i = 0; i < 5; ++i) price.took(0);
  CHECK(price.price() == doctest::Approx(25));
  for (int i = 0; i < 100; ++i) price.took(0);
  CHECK(price.price() == 0);
  CHECK(price.error_at_most() == doctest::Approx(1.1));
  price.took(0.6);
  CHECK(price.queue_errors() == doctest::Approx(0.5));
}

TEST_CASE("what keeps to the bound never has more errors than were allowed, whatever comes") {
  ErrorPrice price = price_at({.target = 0.8});
  double sum = 0;
  for (int i = 1; i <= 2000; ++i) {
    const double offered = (i * 37 % 101) / 100.0;  // the boldest that the bound lets pass
    const double error = offered <= price.error_at_most() ? offered : 0;
    sum += error;
    price.took(error);
    CHECK(sum <= 0.2 * i + 1e-9);
  }
  CHECK(sum > 0.2 * 2000 - 10);
}

TEST_CASE("a queue that begins short allows that much more at first") {
  ErrorPrice price = price_at({.target = 0.9, .longest_errors = 4, .begins_errors = 1});
  CHECK(price.error_at_most() == doctest::Approx(3.1));
}

TEST_CASE("an error that is no share counts as a certain one, a cost that is none as none") {
  ErrorPrice price = price_at({.target = 0.9, .longest_errors = 4, .begins_errors = 0, .price_per_error = 1});
  price.took(kNoNumber);
  CHECK(price.queue_errors() == doctest::Approx(0.9));
  price.took(-1);
  CHECK(price.queue_errors() == doctest::Approx(1.8));
  for (const double cost : {kNoNumber, std::numeric_limits<double>::infinity(), 0.0, -5.0}) price.saw(cost);
  CHECK(price.price() == 0);
  price.saw(10);
  CHECK(price.price() == doctest::Approx(18));
}

TEST_CASE("options outside of their ranges are named") {
  for (const ErrorPriceOptions& odd :
       {ErrorPriceOptions{.target = 1.2}, ErrorPriceOptions{.target = kNoNumber},
        ErrorPriceOptions{.longest_errors = 0}, ErrorPriceOptions{.longest_errors = 1, .begins_errors = 2},
        ErrorPriceOptions{.begins_errors = -1}, ErrorPriceOptions{.price_per_error = 0}}) {
    const auto made = ErrorPrice::create(odd);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::kInvalidArgument);
  }
}
