// One request from payload to outputs: decode the payload into an input, and let the bundle's run::Program do the rest. Each
// worker thread owns one for each model, with buffers that are reused from request to request. One thread at a time.
// A failure concerns the one request; the runner can be used again.
#pragma once

#include <memory>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/answer.hpp"
#include "core/run/program.hpp"
#include "core/wire/messages.hpp"
#include "server/store/model_store.hpp"
#include "server/work/payload_decoder.hpp"

namespace sluice::server {

using Outputs = std::vector<pipeline::OutputTensor>;

// What is returned of a run.
enum class OutputForm : std::uint8_t {
  kDecoded,  // by the manifest's output decoder, of pictures mapped to the source
  kRaw,      // the model's own tensors
};

class RequestRunner {
 public:
  // `model` must outlive the runner.
  static Result<std::unique_ptr<RequestRunner>> create(const ServedModel& model, const PictureLimits& limits);

  // Fills `cost.decode` and `cost.compute` also when it fails.
  Result<Outputs> run(const wire::Request& request, OutputForm form, wire::ServerCost& cost);

  // Runs the model on zeros, so that the first request does not pay for what is set up lazily.
  Result<void> warm_up();

 private:
  RequestRunner(const ServedModel& model, run::Program program, PayloadDecoder payloads);
  // Both fill inputs_ and say to the program what the source was.
  Result<void> take_payload(const wire::Request& request);
  Result<void> take_tensors(const wire::Request& request);

  const ServedModel& model_;
  run::Program program_;
  PayloadDecoder payloads_;
  std::vector<Tensor> aligned_;     // copies of inputs whose bytes lie at odd addresses in their message
  std::vector<TensorView> inputs_;  // of the current run
};

}  // namespace sluice::server
