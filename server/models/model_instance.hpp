// One copy of a model that can run: the engine's stage and the bundle's output decoder. Runs one input, or several as a batch:
// their tensors are put together along the bundle's batch axis, and the outputs taken apart again. Owns its buffers, which are
// used again from run to run. One thread at a time, but for request_stop().
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/decoder.hpp"
#include "core/pipeline/answer.hpp"
#include "core/pipeline/manifest.hpp"
#include "server/engine/engine.hpp"
#include "server/models/input_preparer.hpp"

namespace sluice::server {

using Outputs = std::vector<pipeline::OutputTensor>;

// What is returned of a run.
enum class OutputForm : std::uint8_t {
  kDecoded,  // by the manifest's output decoder, of pictures mapped to the source
  kRaw,      // the model's own tensors
};

class ModelInstance {
 public:
  // `model` must outlive the instance.
  static Result<std::unique_ptr<ModelInstance>> create(LoadedModel& model, const pipeline::Manifest& manifest);

  // Several inputs must be alike in all but their size along the batch axis. kExecutionFailed concerns the whole batch, less those that
  // `ready` was told of: inputs, each one row, whose outputs are there while the run goes on, in models where some are known before others
  // (run::Stage::tell_of_rows()). `ready` may be empty.
  Result<void> run(std::span<const PreparedInput* const> batch,
                   const std::function<void(std::size_t index)>& ready = {});

  // The result of the input at `index` of the last run.
  Result<Outputs> outputs(std::size_t index, OutputForm form);

  // Of Stage.
  void request_stop() { stage_->request_stop(); }
  void allow_runs() { stage_->allow_runs(); }

 private:
  ModelInstance(std::unique_ptr<run::Stage> stage, std::unique_ptr<output::Decoder> decoder, std::size_t batch_axis);
  Result<void> put_together(std::span<const PreparedInput* const> batch);
  Result<TensorView> part_of(std::size_t output, std::size_t index);

  std::unique_ptr<run::Stage> stage_;
  std::unique_ptr<output::Decoder> decoder_;
  const std::size_t axis_;
  std::vector<const PreparedInput*> batch_;  // of the last run
  std::vector<std::int64_t> first_;          // along the axis: where each input of the batch begins, and the end
  std::vector<Tensor> joined_;               // by input of the model
  std::vector<TensorView> inputs_;
  std::vector<Tensor> parts_;  // by output of the model, where a part is not in one piece
  std::vector<output::ModelOutput> views_;
};

// Inputs along the batch axis: 1, but for tensors that a client made of several.
std::int64_t count_along(std::span<const TensorView> tensors, std::size_t axis);

}  // namespace sluice::server
