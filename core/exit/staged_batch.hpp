// The rest of a classifier with exits, behind the tensor of one of its places, for several inputs at once, each with thresholds of its
// own: what a server runs for devices that ran the stages before (MANIFEST.md, `exits.cut`). Behind each further place the exit is asked
// for all, and who is sure leaves with its answer: the batch shrinks, and the next stage runs for those that are left. An exit that is
// closed for an input is not run for it.
// Stages are numbered as the whole model's (staged_model.hpp). Owns everything it runs on; one thread at a time. A batch of another size than
// the one before may allocate.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/exit/exit_rule.hpp"
#include "core/exit/staged_model.hpp"
#include "core/model/model.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::exits {

class StagedBatch {
 public:
  // `from`: the number of the place whose tensor comes. The errors of StagedModel::load(), whose checks are made. Where the model's
  // files leave the batch open, so does this.
  static Result<StagedBatch> load(Bytes model, Bytes branches, std::span<const ExitPlace> places, std::size_t from,
                                  ExitRule rule, const model::LoadOptions& options);

  const model::TensorInfo& input() const { return input_; }    // the tensor at the place
  const model::TensorInfo& output() const { return output_; }  // the model's own
  std::size_t classes() const { return classes_; }
  std::size_t exits() const { return branches_.size(); }  // behind the place
  std::uint32_t last_stage() const { return first_stage_ + static_cast<std::uint32_t>(branches_.size()); }
  std::size_t weight_bytes() const;
  const StageCounts& counts() const { return counts_; }  // multiply-adds of all inputs together

  // One for each of exits().
  using Thresholds = std::span<const float>;
  // An input's answer, as soon as it is known: the stage behind which it left, last_stage() where no exit was sure, and its logits, which are
  // valid during the call.
  using Leave = std::function<void(std::size_t input, std::uint32_t stage, std::span<const float> logits)>;

  // As many inputs as there are thresholds, along the first axis of `tensor`. kExecutionFailed for an exit's logits that are no numbers; those
  // who left before have left.
  Result<void> run(const TensorView& tensor, std::span<const Thresholds> thresholds, const Leave& leave);

 private:
  StagedBatch() = default;
  Result<void> ask_exit(std::size_t exit, const TensorView& reached, std::span<const Thresholds> thresholds,
                        const Leave& leave);
  Result<void> check_rows(const TensorView& tensor, std::size_t rows) const;

  std::vector<model::Model> stages_;    // from the place on
  std::vector<model::Model> branches_;  // behind each but the last
  ExitRule rule_ = ExitRule::kMaxProbability;
  model::TensorInfo input_;
  model::TensorInfo output_;
  std::size_t classes_ = 0;
  std::uint32_t first_stage_ = 0;
  StageCounts counts_;

  // Of the run that goes on.
  std::vector<std::size_t> inputs_;  // that are left, by the row they are in
  std::vector<std::size_t> stay_;    // rows that go on
  std::vector<std::size_t> asked_;   // rows for which the exit is open
  Tensor left_;                      // the rows that go on, put together
  Tensor to_branch_;                 // and those for which the exit is asked
};

}  // namespace sluice::exits
