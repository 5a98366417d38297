#include "native/train/splitnet/labelled_pictures.hpp"

#include <algorithm>

#include "native/eval/split/cifar10.hpp"
#include "native/eval/split/kept_back.hpp"
#include "native/eval/split/picture_folders.hpp"

namespace sluice::train::splitnet {

eval::LabelledPictures to_pictures(const PictureSet& set) {
  const torch::Tensor pixels = set.pictures.contiguous();
  const torch::Tensor labels = set.labels.contiguous();
  return {static_cast<std::uint32_t>(set.width()),
          static_cast<std::uint32_t>(set.height()),
          {pixels.data_ptr<std::uint8_t>(), pixels.data_ptr<std::uint8_t>() + pixels.numel()},
          {labels.data_ptr<std::int64_t>(), labels.data_ptr<std::int64_t>() + labels.numel()},
          {}};
}

PictureSet to_set(const eval::LabelledPictures& pictures) {
  const auto count = static_cast<std::int64_t>(pictures.size());
  PictureSet set;
  set.pictures = torch::empty({count, pictures.height, pictures.width, 3}, torch::kUInt8);
  std::copy(pictures.pixels.begin(), pictures.pixels.end(), set.pictures.data_ptr<std::uint8_t>());
  set.labels = torch::tensor(pictures.labels, torch::kLong);
  return set;
}

LabelledData keep_back(const PictureSet& all, std::int64_t classes, std::uint32_t one_in) {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
  for (std::int64_t i = 0; i < all.size(); ++i) {
    (eval::is_kept_back(static_cast<std::size_t>(i), one_in) ? validation : train).push_back(i);
  }
  const auto subset = [&](const std::vector<std::int64_t>& which) {
    const torch::Tensor index = torch::tensor(which, torch::kLong);
    return PictureSet{all.pictures.index_select(0, index), all.labels.index_select(0, index)};
  };
  return {subset(train), subset(validation), classes, {}};
}

std::string data_key(const LabelledData& data) {
  const auto summary = [](const PictureSet& set) {
    // Sums that the order of the pictures changes too.
    const torch::Tensor place = torch::arange(1, set.size() + 1, torch::kLong) % 1009;
    const torch::Tensor light = set.pictures.flatten(1).sum(1, false, torch::kLong);
    return std::to_string(set.size()) + ' ' + std::to_string(((set.labels + 1) * place).sum().item<std::int64_t>()) +
           ' ' + std::to_string((light * place).sum().item<std::int64_t>());
  };
  return std::to_string(data.classes) + ' ' + summary(data.train) + ' ' + summary(data.validation);
}

namespace {

Result<eval::LabelledPictures> read_pictures(const std::filesystem::path& folder, std::int64_t side) {
  return eval::holds_cifar10(folder) ? eval::read_cifar10_training(folder)
                                     : eval::read_picture_folders(folder, static_cast<std::uint32_t>(side));
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Result<LabelledData> read_labelled_data(const std::filesystem::path& folder, const std::filesystem::path& kept_back,
                                        std::int64_t side) {
  const auto pictures = read_pictures(folder, side);
  if (!pictures) return fail(pictures.error());
  const auto kept = read_pictures(kept_back, side);
  if (!kept) return fail(kept.error());
  if (kept->class_names != pictures->class_names) {
    return fail(ErrorCode::kInvalidArgument,
                {"'", kept_back.string(), "' has the classes ", joined(kept->class_names), "; '", folder.string(),
                 "', which is learned from, has ", joined(pictures->class_names)});
  }
  return LabelledData{to_set(*pictures), to_set(*kept), static_cast<std::int64_t>(pictures->class_names.size()),
                      pictures->class_names};
}

Result<LabelledData> read_labelled_data(const std::filesystem::path& folder, std::int64_t side, std::uint32_t one_in) {
  const auto pictures = read_pictures(folder, side);
  if (!pictures) return fail(pictures.error());
  LabelledData data = keep_back(to_set(*pictures), static_cast<std::int64_t>(pictures->class_names.size()), one_in);
  data.class_names = pictures->class_names;
  return data;
}

}  // namespace sluice::train::splitnet
