#include "core/promise/audit_sampling.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace sluice;
using namespace sluice::promise;

TEST_CASE("as many are audited as the probabilities say, and the same ones again") {
  auto sampling = AuditSampling::create({});
  auto again = AuditSampling::create({});
  double expected = 0;
  double variance = 0;
  int audited = 0;
  for (int i = 0; i < 50'000; ++i) {
    const double wrong = (i % 100) / 100.0;
    const AuditDraw draw = sampling->draw(wrong);
    expected += draw.probability;
    variance += draw.probability * (1 - draw.probability);
    audited += draw.audited ? 1 : 0;
    CHECK(again->draw(wrong).audited == draw.audited);
  }
  CHECK(std::abs(audited - expected) < 4 * std::sqrt(variance));
  auto other = AuditSampling::create({.seed = 2});
  int alike = 0;
  for (int i = 0; i < 1000; ++i) alike += other->draw(0.6).audited && again->draw(0.6).audited ? 1 : 0;
  CHECK(alike < 100);
}

TEST_CASE("more where it is uncertain whether an answer is wrong, more at the start and after a change") {
  auto sampling = AuditSampling::create({.share = 0.02, .uncertain_factor = 3, .begin_factor = 4});
  CHECK(sampling->probability(0) == doctest::Approx(0.08));
  for (int i = 0; i < 10'000; ++i) sampling->draw(0.1);
  CHECK(sampling->probability(0) == doctest::Approx(0.02));
  CHECK(sampling->probability(1) == doctest::Approx(0.02));
  CHECK(sampling->probability(0.5) == doctest::Approx(0.06));
  CHECK(sampling->probability(0.1) == doctest::Approx(0.02 + 0.04 * 0.6));
  sampling->changed();
  CHECK(sampling->probability(0.5) == doctest::Approx(0.24));
}

TEST_CASE("never none and never more than all; what is no probability counts as uncertain") {
  auto sampling = AuditSampling::create({.share = 0.5, .uncertain_factor = 100});
  CHECK(sampling->probability(0.5) == 1);
  CHECK(sampling->draw(0.5).audited);
  CHECK(sampling->probability(0) > 0);
  CHECK(sampling->probability(std::nan("")) == 1);
  CHECK(sampling->probability(-3) == 1);
}

TEST_CASE("options outside of their ranges are named") {
  for (const AuditOptions& bad :
       {AuditOptions{.share = 0}, AuditOptions{.share = 1.1}, AuditOptions{.uncertain_factor = 0.5},
        AuditOptions{.begin_factor = std::nan("")}, AuditOptions{.begin_inputs = 0}}) {
    CHECK(AuditSampling::create(bad).error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(AuditSampling::create({.share = 2}).error().message.find("share is 2") != std::string::npos);
}
