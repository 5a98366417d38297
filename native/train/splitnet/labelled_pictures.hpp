// Pictures with labels, in memory: bytes as the trainers draw batches from them. A set owns its tensors; subsets copy.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::train::splitnet {

struct PictureSet {
  torch::Tensor pictures;  // bytes, [N, height, width, 3], RGB
  torch::Tensor labels;    // int64, [N]

  std::int64_t size() const { return labels.defined() ? labels.size(0) : 0; }
  std::int64_t height() const { return pictures.size(1); }
  std::int64_t width() const { return pictures.size(2); }
};

PictureSet to_set(const eval::LabelledPictures& pictures);
eval::LabelledPictures to_pictures(const PictureSet& set);  // without the classes' names

// Training learns from `train` and chooses by `validation`.
struct LabelledData {
  PictureSet train;
  PictureSet validation;
  std::int64_t classes = 0;
  std::vector<std::string> class_names;  // by label; empty where labels are a model's answers
};

// Keeps back one picture in `one_in` of those that are there, spread by a hash of the number, the same ones every time.
LabelledData keep_back(const PictureSet& all, std::int64_t classes, std::uint32_t one_in);

// CIFAR-10's sheets, or a folder with a subfolder of pictures for each class, which are brought to this side.
Result<LabelledData> read_labelled_data(const std::filesystem::path& folder, std::int64_t side, std::uint32_t one_in);

// The pictures kept back come from a folder of their own. kInvalidArgument where the two have other classes.
Result<LabelledData> read_labelled_data(const std::filesystem::path& folder, const std::filesystem::path& kept_back,
                                        std::int64_t side);

// Tells one data set from another, for the keys of checkpoints.
std::string data_key(const LabelledData& data);

}  // namespace sluice::train::splitnet
