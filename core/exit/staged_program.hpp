// A bundle's classifier with exits as one composition: preprocess, stages, and how sure each exit is. Keeps one input's features between
// its stages: whatever begins next drops them. Owns its parts. One thread at a time; what is allocated after the first input are the
// outputs that are handed out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/exit/exit_rule.hpp"
#include "core/exit/staged_model.hpp"
#include "core/input/preprocessor.hpp"
#include "core/output/output_tensor.hpp"
#include "core/split/feature_coder.hpp"

namespace sluice::exits {

// What a stage gives: with its exit asked these two, the last one the model's own output alone, the others nothing.
inline constexpr std::size_t kLogitsOutput = 0;      // of the shape and name of the model's own output
inline constexpr std::size_t kConfidenceOutput = 1;  // float32 [1], by the rule

class StagedProgram {
 public:
  // kShapeMismatch and kTypeMismatch when the model does not take the input as the spec makes it.
  static Result<StagedProgram> make(StagedModel model, ExitRule rule, const input::InputSpec& spec,
                                    std::span<const input::PreprocessorRow> preprocessors);

  // The stage of an input that goes by `key`: the first one preprocesses it, the others go on from the one before. kInvalidArgument where
  // that was not of this key, or not the one before; kExecutionFailed for an exit's logits that are no numbers.
  Result<std::vector<output::OutputTensor>> run(std::uint64_t key, const input::InputView& input, std::uint32_t stage,
                                                bool with_exit);

  // What stands between this device and the server's stages; kShapeMismatch, kInvalidArgument where the coder is of another tensor than
  // the one at this place.
  Result<void> set_cut(std::size_t place, split::FeatureCoder coder);
  // What the stage, the one that ran last for this key, left, as the payload: uint8 [bytes]. kInvalidArgument for another one and where
  // there is no cut, and the coder's errors.
  Result<std::vector<output::OutputTensor>> code(std::uint64_t key, std::uint32_t stage);

  const StagedModel& model() const { return model_; }
  // Of the whole model, without exits; 0 before the first run where shapes are known no earlier.
  std::uint64_t model_multiply_adds() const;

 private:
  StagedProgram(StagedModel model, ExitRule rule, std::unique_ptr<input::Preprocessor> preprocessor, Tensor input);
  Result<void> run_stage(std::uint64_t key, const input::InputView& input, std::uint32_t stage);
  Result<std::vector<output::OutputTensor>> ask_exit();

  StagedModel model_;
  ExitRule rule_;
  std::unique_ptr<input::Preprocessor> preprocessor_;
  Tensor input_;
  std::uint64_t key_ = 0;  // of the input whose features are held
  bool holds_ = false;
  std::optional<split::FeatureCoder> coder_;
};

}  // namespace sluice::exits
