// A request's payload as the model's input tensors: pictures are decoded and preprocessed, tensors are checked and put in order.
// An InputPreparer belongs to one model and is used by one thread at a time; what it reads of a payload it copies out.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/preprocessor.hpp"
#include "core/output/decoder.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/wire/messages.hpp"
#include "server/engine/engine.hpp"
#include "core/split/feature_decoder.hpp"
#include "server/models/payload_decoder.hpp"

namespace sluice::server {

// What one request brings to a run.
struct PreparedInput {
  std::vector<TensorView> tensors;  // in the order of the model's inputs; borrow the request's message or `owned`
  std::vector<Tensor> owned;        // made of a payload, or copies of tensors that lay at odd addresses
  output::Source source;            // what results are mapped to
  std::uint32_t channels = 0;       // of a split model's features, how many came; 0: these are no features
};

// How payloads of features are read.
struct FeatureReading {
  const split::FeatureDecoder* decoder = nullptr;  // outlives the preparer; nullptr: there are none
  std::size_t cut_points = 0;                      // of a cut, as kCut; 0: they are a device half's, as kSplit
};

class InputPreparer {
 public:
  static Result<std::unique_ptr<InputPreparer>> create(const input::InputSpec& spec, const PictureLimits& limits,
                                                       FeatureReading features = {});

  // For every encoding but kTensor. Uses the buffer of `prepared` again. The errors of PayloadDecoder and Preprocessor.
  Result<void> prepare(const wire::Request& request, PreparedInput& prepared);

  // Of the picture in the payload, as its header says; 0 for everything else.
  std::uint64_t pixels(const wire::Request& request) const { return payloads_.pixels(request); }

  DataType tensor_type() const { return preprocessor_->tensor_type(); }
  Shape tensor_shape() const { return preprocessor_->tensor_shape(); }

 private:
  InputPreparer(PayloadDecoder payloads, std::unique_ptr<input::Preprocessor> preprocessor, FeatureReading features);
  Result<void> prepare_features(const wire::Request& request, PreparedInput& prepared);
  Result<void> prepare_cut(const wire::Request& request, PreparedInput& prepared);

  PayloadDecoder payloads_;
  std::unique_ptr<input::Preprocessor> preprocessor_;
  const FeatureReading features_;
  std::vector<std::int8_t> symbols_;
};

// For kTensor: the request's tensors, which the model must take as they are. kInvalidArgument when one is missing or too many,
// kTypeMismatch, kShapeMismatch, kInvalidInput for a value that is not finite.
Result<void> take_tensors(const wire::Request& request, std::span<const model::TensorInfo> expected,
                          const input::InputSpec& spec, PreparedInput& prepared);

}  // namespace sluice::server
