#include "core/filter/calibration.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "core/filter/binomial.hpp"

using sluice::ErrorCode;
using sluice::filter::calibrate;
using sluice::filter::Promise;
using sluice::filter::ScoredFrame;

namespace {

// A stream whose disagreement is known: needed frames have P(score < t) = t^3, redundant ones t^(1/3).
class Stream {
 public:
  Stream(std::uint32_t seed, double needed_share) : engine_(seed), needed_share_(needed_share) {}

  double disagreement(double threshold) const { return needed_share_ * std::pow(threshold, 3); }

  std::vector<ScoredFrame> draw(std::uint32_t blocks, std::uint32_t frames_per_block) {
    std::vector<ScoredFrame> frames;
    for (std::uint32_t block = 0; block < blocks; ++block) {
      const bool needed = uniform() < needed_share_;
      const auto score = static_cast<float>(std::pow(uniform(), needed ? 1.0 / 3 : 3.0));
      frames.insert(frames.end(), frames_per_block, ScoredFrame{score, needed, block});  // near copies
    }
    return frames;
  }

 private:
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  std::mt19937_64 engine_;
  double needed_share_;
};

std::vector<ScoredFrame> same(std::size_t count, float score, bool needed) {
  std::vector<ScoredFrame> frames;
  for (std::uint32_t i = 0; i < count; ++i) frames.push_back({score, needed, i});
  return frames;
}

}  // namespace

TEST_CASE("the promise is broken in at most five of a hundred calibrations") {
  constexpr std::uint32_t kRuns = 1000;
  // 95 % promises: more violations than this would happen by chance in one of ten thousand suites.
  std::uint32_t allowed = 0;
  while (sluice::filter::binomial_cdf(allowed, kRuns, 0.05) < 0.9999) ++allowed;
  for (const double target : {0.8, 0.9, 0.95}) {
    for (const std::uint32_t frames_per_block : {1U, 7U}) {
      for (const Promise promise : {Promise::kThisMixture, Promise::kAnyMixture}) {
        CAPTURE(target);
        CAPTURE(frames_per_block);
        CAPTURE(static_cast<int>(promise));
        Stream stream(42, 0.4);
        std::uint32_t violations = 0;
        double kept = 0;
        for (std::uint32_t run = 0; run < kRuns; ++run) {
          const auto chosen = calibrate(stream.draw(300, frames_per_block), target, 0.95, promise);
          REQUIRE(chosen.has_value());
          const double missed =
              promise == Promise::kAnyMixture ? std::pow(chosen->threshold, 3) : stream.disagreement(chosen->threshold);
          if (1 - missed < target) ++violations;
          kept += chosen->threshold;
        }
        CHECK(violations <= allowed);
        // The promise must not be kept by skipping nothing.
        CHECK(kept / kRuns > 0.2);
      }
    }
  }
}

TEST_CASE("blocks that err in part keep the promise too") {
  std::mt19937_64 engine(7);
  const auto uniform = [&] { return static_cast<double>(engine() >> 11) * 0x1p-53; };
  std::uint32_t violations = 0;
  constexpr std::uint32_t kRuns = 400;
  for (std::uint32_t run = 0; run < kRuns; ++run) {
    std::vector<ScoredFrame> frames;
    for (std::uint32_t block = 0; block < 200; ++block) {
      const double centre = uniform();  // scores of a block lie within a tenth of each other
      for (int i = 0; i < 5; ++i) frames.push_back({static_cast<float>(0.9 * centre + 0.1 * uniform()), true, block});
    }
    const auto chosen = calibrate(frames, 0.9, 0.95, Promise::kThisMixture);
    REQUIRE(chosen.has_value());
    // P(score < t): the mean over u of clamp((t - 0.1 u) / 0.9), by its middle for thresholds well inside.
    if ((chosen->threshold - 0.05) / 0.9 > 0.1) ++violations;
  }
  CHECK(violations <= kRuns / 20);
}

TEST_CASE("a stricter target never skips more") {
  Stream stream(3, 0.5);
  const auto frames = stream.draw(500, 3);
  float last = 1;
  for (double target = 0.5; target < 0.995; target += 0.01) {
    const auto chosen = calibrate(frames, target, 0.95, Promise::kThisMixture);
    REQUIRE(chosen.has_value());
    CHECK(chosen->threshold <= last);
    last = chosen->threshold;
  }
}

TEST_CASE("more confidence never skips more, and any mixture asks for at least as much as this one") {
  Stream stream(4, 0.5);
  const auto frames = stream.draw(500, 1);
  const auto loose = calibrate(frames, 0.9, 0.8, Promise::kThisMixture);
  const auto strict = calibrate(frames, 0.9, 0.99, Promise::kThisMixture);
  const auto any = calibrate(frames, 0.9, 0.8, Promise::kAnyMixture);
  REQUIRE((loose && strict && any));
  CHECK(strict->threshold <= loose->threshold);
  CHECK(any->threshold <= loose->threshold);
}

TEST_CASE("copies of a frame do not make a promise stronger") {
  Stream one(5, 0.5);
  Stream many(5, 0.5);
  const auto single = calibrate(one.draw(100, 1), 0.8, 0.95, Promise::kThisMixture);
  const auto copied = calibrate(many.draw(100, 50), 0.8, 0.95, Promise::kThisMixture);
  REQUIRE((single && copied));
  CHECK(copied->threshold > 0);
  CHECK(copied->threshold <= single->threshold);
  CHECK(copied->blocks == 100);
}

TEST_CASE("which p-value is used depends on the split's layout, not on how its blocks happen to err") {
  // 100 blocks of two needed frames, ten of which are missed wholly by any threshold above 0.1, the rest by none below 0.9.
  std::vector<ScoredFrame> frames;
  for (std::uint32_t block = 0; block < 100; ++block)
    frames.insert(frames.end(), 2, {block < 10 ? 0.1F : 0.9F, true, block});
  // The exact binomial p-value of 10 errors in 100 at 18 % is 0.020, the one for losses in [0, 1] e times as much: above 5 %.
  CHECK(sluice::filter::loss_p_value(10, 100, true, 0.18) < 0.05);
  CHECK(sluice::filter::loss_p_value(10, 100, false, 0.18) > 0.05);
  for (const Promise promise : {Promise::kThisMixture, Promise::kAnyMixture}) {
    CHECK(calibrate(frames, 0.82, 0.95, promise)->threshold <= 0.1F);
    // The second frame of one block scores otherwise: some block then errs in part, and nothing else is decided by it.
    auto other = frames;
    other[21].score = 0.8F;
    CHECK(calibrate(other, 0.82, 0.95, promise)->threshold == calibrate(frames, 0.82, 0.95, promise)->threshold);
  }
  // Each frame a block of its own: the exact one.
  std::vector<ScoredFrame> single;
  for (std::uint32_t block = 0; block < 100; ++block) single.push_back({block < 10 ? 0.1F : 0.9F, true, block});
  CHECK(calibrate(single, 0.82, 0.95, Promise::kAnyMixture)->threshold > 0.1F);
}

TEST_CASE("when every frame is redundant, what can be promised depends on the promise") {
  const auto frames = same(200, 0.3F, false);
  const auto mixture = calibrate(frames, 0.9, 0.95, Promise::kThisMixture);
  REQUIRE(mixture.has_value());
  CHECK(mixture->threshold > 0.99F);
  CHECK(mixture->filter_rate == 1.0F);
  const auto any = calibrate(frames, 0.9, 0.95, Promise::kAnyMixture);
  REQUIRE(any.has_value());
  CHECK(any->threshold == 0.0F);  // no needed frame was seen, so nothing is known about missing one
  CHECK(any->filter_rate == 0.0F);
}

TEST_CASE("when no frame is redundant, only the allowed share is given up") {
  Stream stream(6, 1.0);
  const auto chosen = calibrate(stream.draw(1000, 1), 0.9, 0.95, Promise::kThisMixture);
  REQUIRE(chosen.has_value());
  CHECK(chosen->agreement >= 0.9F);
  CHECK(chosen->filter_rate <= 0.1F);
  CHECK(chosen->filter_rate > 0.03F);
}

TEST_CASE("too few blocks promise nothing") {
  // 28 faultless blocks leave a 5.2 % chance of a disagreement above 10 %; the 29th brings it below 5 %.
  CHECK(calibrate(same(28, 0.9F, true), 0.9, 0.95, Promise::kThisMixture)->threshold == 0.0F);
  CHECK(calibrate(same(29, 0.9F, true), 0.9, 0.95, Promise::kThisMixture)->threshold > 0.89F);
}

TEST_CASE("a frame at the threshold is not skipped") {
  auto frames = same(100, 0.5F, true);
  const auto chosen = calibrate(frames, 0.9, 0.95, Promise::kThisMixture);
  REQUIRE(chosen.has_value());
  CHECK(chosen->threshold <= 0.5F);
  CHECK(chosen->agreement == 1.0F);
}

TEST_CASE("unusable input is refused by name") {
  const auto frames = same(100, 0.5F, true);
  CHECK(calibrate({}, 0.9, 0.95, Promise::kThisMixture).error().code == ErrorCode::kInvalidArgument);
  for (const double bad : {0.0, 1.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_FALSE(calibrate(frames, bad, 0.95, Promise::kThisMixture).has_value());
    CHECK_FALSE(calibrate(frames, 0.9, bad, Promise::kThisMixture).has_value());
  }
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -0.1F, 1.1F, std::numeric_limits<float>::infinity()}) {
    auto broken = frames;
    broken[17].score = bad;
    const auto refused = calibrate(broken, 0.9, 0.95, Promise::kThisMixture);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("17") != std::string::npos);
  }
}
