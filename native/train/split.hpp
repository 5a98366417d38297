// One split of the footage, labelled by the full model: its frames and the pool of pictures that composers draw from. Splits
// are by clip; training and calibration have one each, shared by all recipes. Owns its files in the work folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image_tensor.hpp"
#include "native/eval/clip.hpp"
#include "native/train/image/picture_pool.hpp"
#include "native/train/labelling.hpp"
#include "native/train/progress.hpp"
#include "native/train/sample_store.hpp"

namespace sluice::train {

struct SplitOptions {
  std::string name;            // of its files
  std::filesystem::path work;  // where they lie
  std::vector<eval::Clip> clips;
  LabelOptions labels;
  std::string key;               // names everything that labels depend on
  std::uint64_t first_seed = 0;  // of its composed pictures
};

class Split {
 public:
  // Labels what an earlier run has not.
  static Result<Split> label(SplitOptions options, const input::ImageSpec& stored, const AskModel& ask,
                             ProgressLog& log);

  const SplitOptions& options() const { return options_; }
  const PicturePool& pool() const { return pool_; }
  const SampleStore& frames() const { return frames_; }
  // Another store of this split, for pictures of the same size; `key` says what is special about it.
  Result<SampleStore> open_store(const std::string& what, const std::string& key) const;

 private:
  Split(SplitOptions options, PicturePool pool, SampleStore frames)
      : options_(std::move(options)), pool_(std::move(pool)), frames_(std::move(frames)) {}
  SplitOptions options_;
  PicturePool pool_;
  SampleStore frames_;
};

// "120 (40 needed)".
std::string describe(const SampleStore& store);

}  // namespace sluice::train
