// The first stage: an extractor and a remote network that sees all of its channels unquantised, taught by the full model: first
// extractor and entry alone, to give what the full model has at its cut, which takes a tenth of the time, then all of it. It
// gives the importance its reference, and the split network its start, whatever its losses are; so ablations share it.
#pragma once

#include "core/base/result.hpp"
#include "native/train/progress.hpp"
#include "native/train/splitnet/extractor.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/remote_network.hpp"

namespace sluice::train::splitnet {

class ReferenceNetworkImpl : public torch::nn::Module {
 public:
  ReferenceNetworkImpl(const Classifier& full, const Options& options);
  torch::Tensor forward(const torch::Tensor& pictures) { return remote->forward(extractor->forward(pictures)); }

  Extractor extractor{nullptr};
  RemoteNetwork remote{nullptr};
};
TORCH_MODULE(ReferenceNetwork);

// What the stage depends on, for keys.
std::string reference_key(const Classifier& full, const LabelledData& data, const Options& options);

// Leaves `entry-*.checkpoint` and `reference-*.checkpoint` in the work folder; goes on from them.
Result<ReferenceNetwork> train_reference(const LabelledData& data, const Options& options, Classifier& full,
                                         ProgressLog& log);

}  // namespace sluice::train::splitnet
