// Whether an answer that was given without the full model is the full model's, as a bundle defines it: for an answer without anything in it
// (SKIP) by the question's own rule, `redundant_when`, for all others by `agree_when`. Immutable; safe from any thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/agreement.hpp"
#include "core/output/output_tensor.hpp"
#include "core/output/redundancy.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/question.hpp"

namespace sluice::pipeline {

class PromiseJudge {
 public:
  // For these questions of the manifest. kInvalidArgument where a rule cannot be read, or reads what the model does not give.
  static Result<PromiseJudge> make(const Manifest& manifest, std::span<const std::unique_ptr<Question>> questions);

  // `question`: that gave the answer; nullopt: an exit, or the halves. Errors as the rules'.
  Result<bool> is_right(std::optional<std::size_t> question, std::span<const output::OutputTensor> answer,
                        std::span<const output::OutputTensor> full) const;

 private:
  explicit PromiseJudge(output::Agreement agreement) : agreement_(agreement) {}

  output::Agreement agreement_;
  std::vector<std::optional<output::RedundancyRule>> rules_;  // by question
};

}  // namespace sluice::pipeline
