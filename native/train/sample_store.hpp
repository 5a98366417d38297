// Labelled training pictures on disk: records of tensors (record_store.hpp), one a picture. A store made under another key
// (inputs, model or options changed) is emptied. One process at a time writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/detection.hpp"
#include "native/train/record_store.hpp"

namespace sluice::train {

inline constexpr std::uint32_t kComposedClip = 0xFFFFFFFF;  // `clip` of pictures that come from no single clip

struct Sample {
  std::uint32_t clip = 0;                 // or the sequence, of pictures that follow each other
  std::uint32_t block = 0;                // frames of one block are near copies of each other
  std::uint32_t frame = 0;                // number in its clip
  bool needed = false;                    // InFi's label: the model's result on this picture is not redundant
  std::vector<output::Detection> places;  // what the model found and where, in 0..1 of the picture, best first
};

class SampleStore {
 public:
  // Pictures are 3 planes of width x height bytes.
  static Result<SampleStore> open(const std::filesystem::path& file, std::string_view key, std::uint32_t width,
                                  std::uint32_t height);

  std::size_t size() const { return records_.size(); }
  std::size_t picture_bytes() const { return std::size_t{3} * width_ * height_; }
  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }
  Result<void> append(const Sample& sample, std::span<const std::uint8_t> planes);
  Result<Sample> read(std::size_t index, std::span<std::uint8_t> planes) const;  // empty `planes`: the label alone

 private:
  SampleStore(RecordStore records, std::uint32_t width, std::uint32_t height)
      : records_(std::move(records)), width_(width), height_(height) {}
  RecordStore records_;
  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
};

}  // namespace sluice::train
