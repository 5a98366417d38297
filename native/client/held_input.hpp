// An input copied tightly into memory of our own, for one whose outcome is still to come. Buffers are reused. One thread at a
// time.
#pragma once

#include <cstddef>
#include <vector>

#include "core/input/input.hpp"

namespace sluice::client {

class HeldInput {
 public:
  // kInvalidImage or kInvalidInput for a view that the make functions of core/input would refuse.
  static Result<void> check(const input::InputView& input);

  // Replaces the contents, after the same check.
  Result<void> assign(const input::InputView& input);

  // Valid until the next assign().
  const input::InputView& view() const { return view_; }

 private:
  std::vector<std::byte> bytes_;
  std::vector<input::ImageView> frames_;  // of a clip
  input::InputView view_;
};

}  // namespace sluice::client
