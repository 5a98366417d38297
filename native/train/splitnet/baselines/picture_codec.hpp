// What DeepCOD and LimitNet have in common: a small encoder on the device, symbols, and a decoder on the server that rebuilds a
// picture, on which the full model answers. Trained in three stages: pictures alone, which is cheap; pictures and the full model's
// logits; answers alone, through the full model, which stays as it is.
#pragma once

#include <torch/torch.h>

#include <string>

#include "core/base/result.hpp"
#include "native/train/progress.hpp"
#include "native/train/splitnet/baselines/frozen_model.hpp"
#include "native/train/splitnet/baselines/options.hpp"

namespace sluice::train::splitnet::baselines {

class PictureCodecImpl : public torch::nn::Module {
 public:
  // Pictures of -1..1 as the server rebuilds them. While training it may leave out a part of what is sent, at random.
  virtual torch::Tensor rebuild(const torch::Tensor& pictures) = 0;
};

// What all systems work with. Borrowed.
struct Subject {
  const BaselineOptions& options;
  const LabelledData& data;
  const PictureSet& test;
  FrozenModel& model;
  const torch::Tensor& teacher;  // the full model's logits of data.train
  ProgressLog& log;
};

struct CodecEpochs {
  std::uint32_t picture = 0;
  std::uint32_t logits = 0;
  std::uint32_t answer = 0;

  double sum() const { return picture + logits + answer; }
};

// As many as the options say, or `usual`.
CodecEpochs codec_epochs(const BaselineOptions& options, const CodecEpochs& usual);

// `name`: of the checkpoints. `design`: what else the network depends on, for their keys.
Result<void> train_codec(PictureCodecImpl& codec, const std::string& name, const std::string& design,
                         const CodecEpochs& epochs, const Subject& subject);

// The share of the pictures on which the full model is right when it sees what `rebuild` makes of them.
double rebuilt_accuracy(const PictureSet& set, FrozenModel& model,
                        const std::function<torch::Tensor(const torch::Tensor& pictures)>& rebuild);

// A checkpoint's place; the key is part of its name.
std::filesystem::path work_file(const BaselineOptions& options, const std::string& name, const std::string& key);

}  // namespace sluice::train::splitnet::baselines
