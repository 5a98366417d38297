// Labelled training pictures on disk: records of one size, appended one by one, so that a run that was killed goes on
// where it stopped and hours of input cost no memory. A store made under another key (inputs, model or options changed)
// is emptied. One process at a time writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/detection.hpp"

namespace sluice::train {

inline constexpr std::size_t kMaxPlaces = 8;
inline constexpr std::uint32_t kComposedClip = 0xFFFFFFFF;  // `clip` of pictures that come from no single clip

struct Sample {
  std::uint32_t clip = 0;
  std::uint32_t block = 0;                // frames of one block are near copies of each other
  bool needed = false;                    // InFi's label: the model's result on this picture is not redundant
  std::vector<output::Detection> places;  // what the model found and where, in 0..1 of the picture; the best kMaxPlaces
};

class SampleStore {
 public:
  // Pictures are 3 planes of width x height bytes.
  static Result<SampleStore> open(const std::filesystem::path& file, std::string_view key, std::uint32_t width,
                                  std::uint32_t height);
  SampleStore(SampleStore&& other) noexcept;
  SampleStore& operator=(SampleStore&& other) noexcept;
  ~SampleStore();

  std::size_t size() const { return count_; }
  std::size_t picture_bytes() const { return std::size_t{3} * width_ * height_; }
  Result<void> append(const Sample& sample, std::span<const std::uint8_t> planes);
  Result<Sample> read(std::size_t index, std::span<std::uint8_t> planes) const;  // empty `planes`: the label alone

 private:
  SampleStore() = default;
  int file_ = -1;
  std::filesystem::path path_;
  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  std::size_t count_ = 0;
};

}  // namespace sluice::train
