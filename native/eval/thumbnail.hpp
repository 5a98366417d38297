// Small grey copies of pictures, 32 x 24, by which the frame-difference baseline compares them. Owns its scratch memory; one
// thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image_tensor.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::eval {

class Thumbnails {
 public:
  static Result<Thumbnails> create();
  Result<std::vector<std::uint8_t>> make(const input::ImageView& frame);

 private:
  Thumbnails(input::ImageToTensor to_tensor, Tensor tensor)
      : to_tensor_(std::move(to_tensor)), tensor_(std::move(tensor)) {}
  input::ImageToTensor to_tensor_;
  Tensor tensor_;
};

}  // namespace sluice::eval
