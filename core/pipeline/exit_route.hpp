// The model on this device by stages (MANIFEST.md, `exits`): behind each place the exit says how sure it is, and where that is enough for
// the accuracy target its answer is the input's, and the rest of the model does not run. Where no exit is sure the model's own output
// answers, as of a full model, which it is. The latest exit that was asked answers where the deadline comes first, or a stage fails: it is
// the one that saw most of the model. Exits that the target closes are not run; a target that no point of the bundle meets closes all.
// With a mean cost the points from the target's up, and the whole model, are mixed so that inputs come to that mean (cost_budget.hpp): what
// the target leaves of the compute is spent on agreement, and where the target takes more the target is kept. The first input runs whole
// then, to know what that costs.
// The driver runs the part ExitsSpec::part, stage by stage; core/exit/staged_program.hpp gives what is submitted for each. Takes the
// place of LocalRoute; one input at a time. See route.hpp.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/exit/cost_budget.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/route.hpp"

namespace sluice::pipeline {

// Whether an input runs by stages on this device: shared by routes that ask one driver for stages of the same part, since what a stage leaves
// is held for one input.
struct StagesInUse {
  bool busy = false;
};

class ExitRoute final : public Route {
 public:
  // `mean_cost`: to come to, of the whole model's multiply-adds, in (0, 1]; 0: inputs leave as early as the target allows.
  ExitRoute(RouteHost& host, const ExitsSpec& spec, float mean_cost = 0,
            std::shared_ptr<StagesInUse> stages = std::make_shared<StagesInUse>());

  std::string_view name() const override { return "local"; }
  bool runs_full_model() const override { return true; }
  bool available(Instant) const override { return true; }
  bool has_room(Instant) const override { return !stages_->busy; }
  // As long as the last input that ran whole, or the longest since: how far the next one goes is not known.
  std::optional<Duration> estimate(const input::InputExtent& extent, Instant now) const override;
  float set_error_budget(float allowed) override;
  void open_to_choice() override { first_point_ = std::min(first_point_, spec_.points.size() - 1); }
  bool asks_half_way() const override { return true; }
  void begin(Attempt& attempt, Instant now) override;
  void resume(Attempt& attempt, Product product, Duration took, Instant now) override;
  void release(Attempt& attempt) override;

 private:
  std::size_t choose_point();
  void take_point(std::size_t point);
  void learn_cost();
  bool is_last() const { return stage_ == spec_.places.size(); }
  void want_stage(const Attempt& attempt);
  void take_exit(Attempt& attempt, std::vector<OutputTensor> outputs);
  void take_model(Attempt& attempt, std::vector<OutputTensor> outputs);

  RouteHost& host_;
  const ExitsSpec spec_;
  const std::shared_ptr<StagesInUse> stages_;
  std::size_t first_point_;  // that meets the target; their number: none does
  std::optional<exits::CostBudget> budget_;
  std::uint64_t whole_multiply_adds_ = 0;  // of the model, once an input has run through with no exit open
  // Of the input that runs.
  std::size_t point_ = 0;
  std::vector<float> thresholds_;  // by place
  std::uint32_t stage_ = 0;
  bool with_exit_ = false;    // is asked behind that stage
  std::uint32_t unsure_ = 0;  // exits that were asked and not sure
  Duration spent_{0};
  std::uint64_t multiply_adds_ = 0;

  std::optional<Duration> last_took_;
};

}  // namespace sluice::pipeline
