// When two results of a bundle's model agree. One rule for everything that compares results: SKIP against the empty
// result, REUSE, exits, split inference, audits and every evaluation, so that accuracy means one thing. In a manifest:
//   "agree_when": {"rule": "boxes", "iou": 0.5}
//   empty    both results are empty, or neither is
//   count    as many detections
//   label    the same best class: the place of the largest value along the last axis, in every row
//   boxes    as many detections, each with a partner in the other result, the best overlaps paired first, of at least `iou`
//   tokens   the same integer tensors: names, shapes and values
//   numbers  the same tensors, no two values further apart than `tolerance`
// A result without any tensor is the empty one: what SKIP answers. Immutable; safe from any thread. Results come from the
// network: a tensor that the rule cannot read is a typed error. Values that are not numbers agree with nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/output/detection.hpp"
#include "core/output/output_spec.hpp"
#include "core/output/output_tensor.hpp"

namespace sluice::model {
struct TensorInfo;
}

namespace sluice::output {

// As a manifest states it. Plain data; Agreement::make() checks it.
struct AgreementSpec {
  std::string rule;
  float iou = 0.5F;     // (0, 1]; of `boxes`
  float tolerance = 0;  // at least 0; of `numbers`
};

class Agreement {
 public:
  // kNotFound lists the rules there are; kInvalidArgument names a bound that is out of range.
  static Result<Agreement> make(const AgreementSpec& spec);

  // Symmetric. kNotFound when a result that is not empty lacks what the rule reads, kShapeMismatch or kTypeMismatch when
  // that is not what it should be. Only `boxes` allocates.
  Result<bool> agrees(std::span<const OutputTensor> a, std::span<const OutputTensor> b) const;

 private:
  enum class Rule : std::uint8_t { kEmpty, kCount, kLabel, kBoxes, kTokens, kNumbers };
  Agreement(Rule rule, const AgreementSpec& spec) : rule_(rule), iou_(spec.iou), tolerance_(spec.tolerance) {}

  Rule rule_;
  float iou_;
  float tolerance_;
};

// Whether results of this form can agree by the rule at all: `empty`, `count` and `boxes` read detections, which only a decoder
// gives; `label` and `tokens` read the model's own tensors. kInvalidArgument names both and the rules that fit.
Result<void> check_fits(const AgreementSpec& spec, const OutputSpec& output);

// Whether it can read what a model gives whose own tensors are the result, as far as the model says before it runs.
// kTypeMismatch names the rule, what it reads and what there is.
Result<void> check_fits(const AgreementSpec& spec, std::span<const model::TensorInfo> outputs);

// The names Agreement::make() knows.
std::span<const std::string_view> agreement_rules();

// The rule `boxes` for boxes at hand, in any unit that both share.
bool boxes_agree(std::span<const Detection> a, std::span<const Detection> b, float iou);

// Overlap of two boxes: intersection over union, 0 where that is not a number.
float intersection_over_union(const Detection& a, const Detection& b);

}  // namespace sluice::output
