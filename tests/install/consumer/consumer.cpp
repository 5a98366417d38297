// Uses what a stranger to this repository sees: installed headers and the library.
#include <array>
#include <cstdio>

#include "core/base/error.hpp"
#include "core/tensor/tensor.hpp"

int main() {
  const std::array<float, 6> values = {1, 2, 3, 4, 5, 6};
  const sluice::Shape shape = {2, 3};
  const auto view = sluice::view_of<float>(values, shape);
  if (!view) return 2;
  const auto owned = sluice::Tensor::copy_of(*view);
  if (!owned || owned->as<float>()[5] != 6.0F) return 3;
  std::printf("%zu errors, the first is %s\n", sluice::error_table().size(),
              std::string(sluice::error_name(sluice::ErrorCode::kInvalidArgument)).c_str());
  return 0;
}
