// What all baselines of early exits work with: a trained backbone, where exits can hang on it, and the pictures.
#pragma once

#include <string>

#include "core/input/image_tensor.hpp"
#include "native/train/exits/baselines/exit_point.hpp"
#include "native/train/exits/baselines/options.hpp"
#include "native/train/exits/place.hpp"
#include "native/train/progress.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/onnx_network.hpp"

namespace sluice::train::exits::baselines {

// Borrows options, pictures and log.
struct Subject {
  const BaselineOptions& options;
  const splitnet::LabelledData& data;
  const splitnet::PictureSet& test;
  ProgressLog& log;
  std::string onnx;  // of the backbone
  std::string key;   // of it and the data, for checkpoints
  input::ImageSpec input;
  Places places;
  std::uint64_t weights_bytes = 0;

  // A copy of its own, since some systems train it further.
  Result<splitnet::OnnxNetwork> backbone() const;
  // Of a stage that trains; work folder, seed and the like.
  Options stage_options() const;
  // What the options say, or as many as a backbone of this form comes with: an Inception's epoch takes three times as long.
  std::uint32_t epochs(std::uint32_t vgg, std::uint32_t inception) const;
  // With what all points of a system have.
  ExitBaselinePoint point(const char* system, std::string variant) const;
};

std::string form_name(BackboneForm form);  // "vgg", "inception"

// kInvalidArgument where the model answers in other classes than the pictures have.
Result<Subject> make_subject(const BaselineOptions& options, const splitnet::LabelledData& data,
                             const splitnet::PictureSet& test, ProgressLog& log);

// What our engine holds of a model, and how long it takes to be ready to run it: the least of a few times.
struct LoadCost {
  std::uint64_t weights_bytes = 0;
  double ms = 0;
};
Result<LoadCost> load_cost(const std::string& onnx);

}  // namespace sluice::train::exits::baselines
