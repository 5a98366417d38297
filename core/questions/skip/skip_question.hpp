// InFi's SKIP (MobiCom'22, sections 2 and 4) as a question of the pipeline: does this input matter? A small network estimates
// the probability that the full model's result is not redundant; inputs below the calibrated threshold are skipped.
// Label 1 = needed. The network's output `probability` is one number in [0, 1]; where it has several outputs, the first.
// Shares its network with other questions of the bundle. One thread at a time; no allocation after the first input of a size.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/pipeline/manifest.hpp"
#include "core/pipeline/question.hpp"
#include "core/pipeline/shared_network.hpp"

namespace sluice::questions {

// The `skip` question's section of a manifest.
struct SkipSpec final : pipeline::QuestionSpec {
  std::string part;
  input::InputSpec input;
  std::string redundant_when;                              // the rule over the full model's result, "count == 0"
  std::vector<pipeline::OperatingPoint> operating_points;  // growing targets

  std::span<const pipeline::OperatingPoint> points() const override { return operating_points; }
  std::string_view right_when() const override { return redundant_when; }
};

class SkipQuestion final : public pipeline::Question {
 public:
  // kShapeMismatch or kTypeMismatch when the network's first output is not a single float.
  static Result<std::unique_ptr<SkipQuestion>> make(std::shared_ptr<pipeline::SharedNetwork> network,
                                                    const SkipSpec& spec);

  std::string_view name() const override { return "skip"; }
  // kExecutionFailed when the network's answer is not a probability.
  Result<pipeline::Verdict> ask(const pipeline::AskContext& context) override;
  float set_error_budget(float allowed) override;
  void open_to_choice() override { chosen_.threshold = kAboveAll; }

  const pipeline::SharedNetwork& network() const { return *network_; }

 private:
  static constexpr float kAboveAll = 2;  // probabilities

  SkipQuestion(std::shared_ptr<pipeline::SharedNetwork> network, std::vector<pipeline::OperatingPoint> points)
      : network_(std::move(network)), points_(std::move(points)) {}

  std::shared_ptr<pipeline::SharedNetwork> network_;
  std::vector<pipeline::OperatingPoint> points_;
  pipeline::ChosenPoint chosen_;
};

extern const pipeline::QuestionRow kSkipRow;
extern const pipeline::QuestionWriter kSkipWriter;

}  // namespace sluice::questions
