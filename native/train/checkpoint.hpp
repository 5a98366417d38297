// What a training run needs to go on: one file, replaced in one step. It is written beside the old one, forced to the disk and
// renamed over it, so that a kill or a power cut at any moment leaves the old or the new checkpoint, whole. Anything that
// torch::save() takes stands in it under a name, with the key of the data and options that it belongs to.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <string>

#include "core/base/result.hpp"

namespace sluice::train {

// Writes a file in one step. kIoError names it.
Result<void> write_atomically(const std::filesystem::path& file, const std::string& bytes);

// Parameters and buffers of one module into another of the same design.
void copy_values(const torch::nn::Module& from, torch::nn::Module& to);

class CheckpointWriter {
 public:
  explicit CheckpointWriter(const std::string& key);

  template <typename Value>
  void add(const std::string& name, const Value& value) {
    torch::serialize::OutputArchive inner;
    if constexpr (std::is_same_v<Value, torch::Tensor>) inner.write("tensor", value);
    else value.save(inner);
    archive_.write(name, inner);
  }

  // May throw what LibTorch throws.
  Result<void> write(const std::filesystem::path& file);

 private:
  torch::serialize::OutputArchive archive_;
};

class CheckpointReader {
 public:
  // False when there is no checkpoint of this key; kIoError when there is one that cannot be read.
  Result<bool> open(const std::filesystem::path& file, const std::string& key);
  // Whatever it was made of. kIoError when it cannot be read.
  Result<void> open_any(const std::filesystem::path& file);

  template <typename Value>
  void get(const std::string& name, Value& value) {
    torch::serialize::InputArchive inner;
    archive_.read(name, inner);
    if constexpr (std::is_same_v<Value, torch::Tensor>) inner.read("tensor", value);
    else value.load(inner);
  }

 private:
  torch::serialize::InputArchive archive_;
};

}  // namespace sluice::train
