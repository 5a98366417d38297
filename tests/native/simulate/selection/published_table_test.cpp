// The published figures, within what seeds differ by.
#include "native/simulate/selection/published_table.hpp"

#include <doctest/doctest.h>

using namespace sluice::simulate;

namespace {

void check_all(const std::vector<TableCheck>& checks, double points, double share) {
  for (const TableCheck& check : checks) {
    CAPTURE(check.what);
    CAPTURE(check.accuracy);
    CAPTURE(check.stated_accuracy);
    CAPTURE(check.late);
    CAPTURE(check.stated_late);
    CHECK(check.accuracy >= check.stated_accuracy - points);
    CHECK(check.accuracy <= check.stated_accuracy + points);
    CHECK(check.late >= check.stated_late - share);
    CHECK(check.late <= check.stated_late + share);
    if (check.stated_mean_ms > 0) CHECK(check.mean_ms == doctest::Approx(check.stated_mean_ms).epsilon(0.02));
  }
}

}  // namespace

TEST_CASE("the validation table: eleven models on a network of 50 ms each way") {
  const auto checks = check_published_table(10'000, 1);
  CHECK(checks.size() == 12);
  check_all(checks, 0.5, 0.015);
  CHECK(largest_error(checks).accuracy <= 0.5);
}

TEST_CASE("all models with the device's answer in place of late ones") {
  check_all(check_published_duplication(10'000, 1), 0.6, 0.015);
}

TEST_CASE("the sweep of the network's variation") { check_all(check_published_variation(10'000, 1), 0.6, 0.02); }

TEST_CASE("with a short SLA all are late on a steady network, and some in time on a restless one") {
  const auto errors = largest_error({{"", 50, 51, 0.5, 0.4, 0, 0}, {"", 50, 47, 0.5, 0.5, 0, 0}});
  CHECK(errors.accuracy == doctest::Approx(3));
  CHECK(errors.late == doctest::Approx(0.1));
}
