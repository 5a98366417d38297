// One request from payload to outputs: decode the picture, make the tensor, run the model, decode its outputs. Each worker
// thread owns one for each model, with buffers that are reused from request to request. One thread at a time.
// A failure concerns the one request; the runner can be used again.
#pragma once

#include <memory>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/decoder.hpp"
#include "core/pipeline/answer.hpp"
#include "core/wire/messages.hpp"
#include "server/store/model_store.hpp"
#include "server/work/picture_decoder.hpp"

namespace sluice::server {

using Outputs = std::vector<pipeline::OutputTensor>;

// What is returned of a run.
enum class OutputForm : std::uint8_t {
  kDecoded,  // by the manifest's output decoder, mapped to the source picture
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
  RequestRunner(const ServedModel& model, std::unique_ptr<Runner> runner, PictureDecoder pictures,
                input::ImageToTensor image_to_tensor, std::unique_ptr<output::Decoder> decoder);
  Result<output::SourcePicture> take_picture(const wire::Request& request);
  Result<output::SourcePicture> take_tensors(const wire::Request& request);
  Result<Outputs> collect(const output::SourcePicture& frame, OutputForm form);

  const ServedModel& model_;
  std::unique_ptr<Runner> runner_;
  PictureDecoder pictures_;
  input::ImageToTensor image_to_tensor_;
  std::unique_ptr<output::Decoder> decoder_;
  Tensor picture_tensor_;
  std::vector<Tensor> aligned_;     // copies of inputs whose bytes lie at odd addresses in their message
  std::vector<TensorView> inputs_;  // of the current run
  std::vector<output::ModelOutput> raw_;
};

}  // namespace sluice::server
