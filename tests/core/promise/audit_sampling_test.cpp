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
    const float score = static_cast<float>(i % 100) / 100;
    const AuditDraw draw = sampling->draw(score, 1);
    expected += draw.probability;
    variance += draw.probability * (1 - draw.probability);
    audited += draw.audited ? 1 : 0;
    CHECK(again->draw(score, 1).audited == draw.audited);
  }
  CHECK(std::abs(audited - expected) < 4 * std::sqrt(variance));
  auto other = AuditSampling::create({.seed = 2});
  int alike = 0;
  for (int i = 0; i < 1000; ++i) alike += other->draw(0.6F, 1).audited && again->draw(0.6F, 1).audited ? 1 : 0;
  CHECK(alike < 100);
}

TEST_CASE("more near the threshold, less far from it, more at the start and after a change") {
  auto sampling = AuditSampling::create({.share = 0.02, .near_factor = 3, .far_factor = 0.5, .begin_factor = 4});
  CHECK(sampling->probability(0.3F, 1) == doctest::Approx(0.08));
  for (int i = 0; i < 10'000; ++i) sampling->draw(0.3F, 1);
  CHECK(sampling->probability(0.3F, 1) == doctest::Approx(0.02));
  CHECK(sampling->probability(0.6F, 1) == doctest::Approx(0.06));
  CHECK(sampling->probability(0.05F, 1) == doctest::Approx(0.01));
  CHECK(sampling->probability(0.003F, 0.005F) == doctest::Approx(0.06));  // whatever the scores' scale
  sampling->changed();
  CHECK(sampling->probability(0.3F, 1) == doctest::Approx(0.08));
}

TEST_CASE("never none and never more than all; a score that is no number counts as near") {
  auto sampling = AuditSampling::create({.share = 0.5, .near_factor = 100});
  CHECK(sampling->probability(0.9F, 1) == 1);
  CHECK(sampling->draw(0.9F, 1).audited);
  CHECK(sampling->probability(0, 1) > 0);
  CHECK(sampling->probability(std::nanf(""), 1) == 1);
  CHECK(sampling->probability(0, 0) > 0);
}

TEST_CASE("options outside of their ranges are named") {
  for (const AuditOptions& bad :
       {AuditOptions{.share = 0}, AuditOptions{.share = 1.1}, AuditOptions{.near_factor = 0.5},
        AuditOptions{.far_factor = 0}, AuditOptions{.begin_factor = std::nan("")}, AuditOptions{.begin_inputs = 0}}) {
    CHECK(AuditSampling::create(bad).error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(AuditSampling::create({.share = 2}).error().message.find("share is 2") != std::string::npos);
}
