// A classifier that can stop on its way: its graph cut at the places of its exits, and the exits' branches, which come as a graph of
// their own. What is not asked for is not executed, and the counts say what was.
//   stage i: the model from the tensor of place i - 1 (its input, for i = 0) to that of place i; the last one to the model's output
//   exit i:  the branch from that tensor to the exit's logits
// A device that leaves the later stages to a server (staged_batch.hpp) loads the first ones alone.
// Owns everything it runs on; one thread at a time. After the first input nothing is allocated. A branch that is never asked for
// is loaded all the same.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/model/model.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::exits {

struct ExitPlace {
  std::string tensor;  // of the model, and an input of the branches' graph
  std::string exit;    // an output of the branches' graph: logits of the model's classes
};

// What has been executed since the model was loaded.
struct StageCounts {
  std::uint64_t stages = 0;
  std::uint64_t branches = 0;
  std::uint64_t multiply_adds = 0;
};

class StagedModel {
 public:
  // `model` and `branches` are ONNX, needed during the call only; `places` in the model's order. The batch is one where files leave it
  // open. Errors name the place: kNotFound for a tensor or an exit that is not there, kInvalidArgument for a tensor that does not
  // cut the model or comes out of order, kShapeMismatch for exits of other classes than the model's, and those of model::Model.
  static Result<StagedModel> load(Bytes model, Bytes branches, std::span<const ExitPlace> places,
                                  const model::LoadOptions& options);
  // Only the stages up to the last of `places`: the model never finishes. Precondition: there is a place.
  static Result<StagedModel> load_first(Bytes model, Bytes branches, std::span<const ExitPlace> places,
                                        const model::LoadOptions& options);

  std::size_t stages() const { return stages_.size(); }  // one more than exits, where all were loaded
  std::size_t exits() const { return branches_.size(); }
  std::size_t classes() const { return classes_; }
  const model::TensorInfo& input() const { return stages_.front().inputs()[0]; }
  const model::TensorInfo& output() const { return output_; }
  const model::TensorInfo& tensor(std::size_t place) const { return stages_[place].outputs()[0]; }

  // Multiply-adds of one run of a stage, and of an exit's branch. Where shapes depend on values they are known from the first run on, and 0
  // before.
  std::uint64_t stage_cost(std::size_t stage) const { return stages_[stage].stats().multiply_adds; }
  std::uint64_t branch_cost(std::size_t exit) const { return branches_[exit].stats().multiply_adds; }
  std::uint64_t whole_cost() const {
    return whole_cost_;
  }  // of the model, also where only its first stages were loaded
  const StageCounts& counts() const { return counts_; }

  // The first stage on a new input, whose bytes are read during the call only.
  Result<void> begin(const TensorView& input);
  // The stage behind a place on a tensor that was made elsewhere, as if the stages before had left it. kInvalidArgument for a place that is
  // not there.
  Result<void> begin_behind(std::size_t place, const TensorView& tensor);
  // The next stage on what the one before left. kInvalidArgument behind the last one and before begin().
  Result<void> advance();
  // How many stages have run on the input.
  std::size_t at() const { return at_; }
  bool finished() const { return at_ == branches_.size() + 1; }
  // The exit behind the stage that ran last: its logits, valid until the next call. kInvalidArgument where there is none.
  Result<std::span<const float>> ask_exit();
  // What the stage that ran last gave, valid until the next one. Precondition: one has run.
  TensorView reached() const { return stages_[at_ - 1].output(0); }
  // The model's own output, valid until the next begin(). Precondition: finished().
  TensorView answer() const { return stages_.back().output(0); }

 private:
  StagedModel() = default;
  static Result<StagedModel> load(Bytes model, Bytes branches, std::span<const ExitPlace> places,
                                  const model::LoadOptions& options, bool whole);
  Result<void> run_stage(const TensorView& input);
  Result<void> check_classes(std::span<const ExitPlace> places);

  std::vector<model::Model> stages_;
  std::vector<model::Model> branches_;
  model::TensorInfo output_;
  std::uint64_t whole_cost_ = 0;
  std::size_t classes_ = 0;
  std::size_t at_ = 0;
  StageCounts counts_;
};

}  // namespace sluice::exits
