// A picture copied tightly into memory of our own, for a frame whose answer is still to come. Buffers are reused.
#pragma once

#include <cstdint>
#include <vector>

#include "core/input/image.hpp"

namespace sluice::client {

class HeldPicture {
 public:
  // kInvalidImage for a view that make_image() would refuse.
  static Result<void> check(const input::ImageView& picture);

  // Replaces the contents, after the same check.
  Result<void> assign(const input::ImageView& picture);

  // Valid until the next assign().
  const input::ImageView& view() const { return view_; }

 private:
  std::vector<std::uint8_t> pixels_;
  input::ImageView view_;
};

}  // namespace sluice::client
