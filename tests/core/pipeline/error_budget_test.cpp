#include "core/pipeline/error_budget.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace sluice;
using namespace sluice::pipeline;

namespace {

// Spends in steps, as calibrated operating points do.
class SteppedQuestion final : public Question {
 public:
  explicit SteppedQuestion(float step) : step_(step) {}
  std::string_view name() const override { return "stepped"; }
  Result<Verdict> ask(const AskContext&) override { return Verdict{}; }
  float set_error_budget(float allowed) override {
    offered = allowed;
    const float steps = static_cast<float>(static_cast<int>((allowed + 1e-6F) / step_));
    return steps * step_;
  }
  float offered = -1;

 private:
  float step_;
};

struct Asked {
  Asked() {
    questions.push_back(std::make_unique<SteppedQuestion>(0.02F));
    questions.push_back(std::make_unique<SteppedQuestion>(0.01F));
  }
  float offered(std::size_t index) const { return static_cast<const SteppedQuestion&>(*questions[index]).offered; }
  std::vector<std::unique_ptr<Question>> questions;
  std::array<float, 2> spent{};
};

}  // namespace

TEST_CASE("two questions spend their shares of one budget, and what the first leaves the second may use") {
  Asked asked;
  const std::array shares = {0.5F, 0.5F};
  CHECK(share_error_budget(asked.questions, shares, 0.9F, asked.spent) == doctest::Approx(0.9));
  CHECK(asked.offered(0) == doctest::Approx(0.05));
  CHECK(asked.spent[0] == doctest::Approx(0.04));
  CHECK(asked.offered(1) == doctest::Approx(0.06));  // its half, and the 0.01 that the first could not use
  CHECK(asked.spent[1] == doctest::Approx(0.06));
}

TEST_CASE("the sum never exceeds what the target allows") {
  for (float target = 0.5F; target <= 1.0F; target += 0.013F) {
    for (float share = 0.05F; share < 1; share += 0.07F) {
      Asked asked;
      const float kept = share_error_budget(asked.questions, std::array{share, 1 - share}, target, asked.spent);
      CHECK(asked.spent[0] + asked.spent[1] <= 1 - target + 1e-5F);
      CHECK(kept >= target - 1e-5F);
    }
  }
}

TEST_CASE("shares are relative to the questions that are asked, and a target of 1 allows nothing") {
  Asked asked;
  share_error_budget(asked.questions, std::array{0.3F, 0.3F}, 0.9F, asked.spent);
  CHECK(asked.offered(0) == doctest::Approx(0.05));
  CHECK(share_error_budget(asked.questions, std::array{0.5F, 0.5F}, 1.0F, asked.spent) == 1);
  CHECK(asked.spent[0] + asked.spent[1] == 0);
  CHECK(share_error_budget({}, {}, 0.9F, {}) == 1);
}
