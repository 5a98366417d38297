// The pictures that augmentation draws from: frames of the training footage, kept on disk as JPEG with the boxes the
// full model found in them, so that hours of input cost no memory. Owns its folder; one process at a time. A pool that
// was written completely is reused; a half-written one is made anew.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/detection.hpp"
#include "native/eval/rgb_image.hpp"

namespace sluice::train {

struct PoolEntry {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t clip = 0;
  std::vector<output::Detection> found;  // in the stored picture's pixels, scores down to the weak ones
};

class PicturePool {
 public:
  explicit PicturePool(std::filesystem::path folder);

  // Reads an earlier pool made under the same key (inputs and options); false when there is none.
  Result<bool> open(const std::string& key);
  Result<void> begin();
  Result<void> add(const eval::RgbImage& picture, std::uint32_t clip, std::vector<output::Detection> found);
  Result<void> finish(const std::string& key);

  const std::vector<PoolEntry>& entries() const { return entries_; }
  Result<eval::RgbImage> load(std::size_t index) const;

 private:
  std::filesystem::path pixels_path() const { return folder_ / "pool.jpegs"; }
  std::filesystem::path index_path() const { return folder_ / "pool.index"; }

  std::filesystem::path folder_;
  std::vector<PoolEntry> entries_;
  std::uint64_t end_ = 0;
};

}  // namespace sluice::train
