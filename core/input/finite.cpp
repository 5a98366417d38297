#include "core/input/finite.hpp"

#include <cstdint>
#include <cstring>

namespace sluice::input {
namespace {

constexpr std::size_t kBlock = 256;

// Infinities and what is no number have every bit of the exponent set; the mantissa tells them apart.
template <typename Bits>
Result<void> check_exponents(TensorView tensor, Bits exponent, Bits mantissa, std::string_view what) {
  const std::size_t count = tensor.bytes.size() / sizeof(Bits);
  const auto bits_at = [&](std::size_t i) {
    Bits bits;
    std::memcpy(&bits, tensor.bytes.data() + i * sizeof(bits), sizeof(bits));
    return bits;
  };
  // Without a branch in it a block is a few vector instructions; nearly always there is nothing to find.
  std::size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    Bits found = 0;
    for (std::size_t k = 0; k < kBlock; ++k) found |= static_cast<Bits>((bits_at(i + k) & exponent) == exponent);
    if (found != 0) break;
  }
  for (; i < count; ++i) {
    const Bits bits = bits_at(i);
    if ((bits & exponent) != exponent) continue;
    return fail(ErrorCode::kInvalidInput,
                {"element ", i, " of ", what, " is ", (bits & mantissa) != 0 ? "nan" : "infinite",
                 ", which is not a finite number"});
  }
  return {};
}

}  // namespace

Result<void> check_finite(TensorView tensor, std::string_view what) {
  switch (tensor.type) {
    case DataType::kFloat32: return check_exponents<std::uint32_t>(tensor, 0x7f800000, 0x007fffff, what);
    case DataType::kFloat64:
      return check_exponents<std::uint64_t>(tensor, 0x7ff0000000000000, 0x000fffffffffffff, what);
    case DataType::kFloat16: return check_exponents<std::uint16_t>(tensor, 0x7c00, 0x03ff, what);
    case DataType::kBFloat16: return check_exponents<std::uint16_t>(tensor, 0x7f80, 0x007f, what);
    default: return {};
  }
}

}  // namespace sluice::input
