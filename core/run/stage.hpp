// One model, or a cut of one, on whatever engine runs it: core's own runner here, ONNX Runtime or XNNPACK on the server. Used by
// one thread at a time. Stages report kShapeMismatch, kTypeMismatch and kExecutionFailed; nothing here throws.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "core/base/result.hpp"
#include "core/model/model.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::run {

class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::span<const model::TensorInfo> inputs() const = 0;
  virtual std::span<const model::TensorInfo> outputs() const = 0;

  // `inputs` in the order of inputs(). Their bytes must be aligned to their elements.
  virtual Result<void> run(std::span<const TensorView> inputs) = 0;

  // The output at `index` of outputs(); valid until the next run.
  virtual TensorView output(std::size_t index) const = 0;

  // Where rows along the first axis are known one after the other: is told of each in the run, once its part of every output is final and while
  // others may still be worked on. On the thread of run(); nothing: nobody is told. Does nothing where all are known together.
  virtual void tell_of_rows([[maybe_unused]] const std::function<void(std::size_t row)>& left) {}

  // From another thread: asks the run that is going on, or else the next one, to end early with kExecutionFailed. Until
  // allow_runs(), which its own thread calls between two runs. Does nothing where the engine cannot stop.
  virtual void request_stop() {}
  virtual void allow_runs() {}
};

// A stage on core's own runner. `onnx` is needed during the call only.
Result<std::unique_ptr<Stage>> load_stage(Bytes onnx, const model::LoadOptions& options);

}  // namespace sluice::run
