// InFi's SKIP as a question of the pipeline: does this frame matter? Owns the filter network; the thresholds are the
// operating points that the bundle's manifest promises. One thread at a time.
#pragma once

#include "core/filter/skip_filter.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/question.hpp"
#include "core/pipeline/skip_threshold.hpp"

namespace sluice::pipeline {

class SkipQuestion final : public Question {
 public:
  SkipQuestion(filter::SkipFilter filter, SkipSpec spec);

  std::string_view name() const override { return "skip"; }
  Result<Verdict> ask(const input::ImageView& frame) override;
  float set_accuracy_target(float target) override;

  const filter::SkipFilter& filter() const { return filter_; }

 private:
  filter::SkipFilter filter_;
  SkipSpec spec_;
  SkipThreshold chosen_;
};

}  // namespace sluice::pipeline
