#include "core/split/coding/range_coder.hpp"

namespace sluice::split {
namespace {

constexpr std::uint64_t kCarry = std::uint64_t{1} << 32;
constexpr std::uint64_t kOneByte = std::uint64_t{1} << 24;   // a digit's weight when one is left to write
constexpr std::uint64_t kTwoBytes = std::uint64_t{1} << 16;  // the second one's

}  // namespace

void RangeEncoder::write(std::uint8_t byte) {
  if (written_ < out_.size()) out_[written_] = byte;
  ++written_;
}

// Takes the uppermost byte out of `low_`. It is held back until it is known whether a carry reaches it.
void RangeEncoder::shift_out() {
  if (low_ < 0xff000000 || low_ >= kCarry) {
    const auto carry = static_cast<std::uint8_t>(low_ >> 32);
    if (holds_) write(static_cast<std::uint8_t>(held_ + carry));
    for (; waiting_ > 0; --waiting_) write(static_cast<std::uint8_t>(0xff + carry));
    held_ = static_cast<std::uint8_t>(low_ >> 24);
    holds_ = true;
  } else {
    ++waiting_;
  }
  low_ = low_ << 8 & 0xffffffff;
}

void RangeEncoder::encode(std::uint32_t start, std::uint32_t size, unsigned total_bits) {
  const std::uint32_t unit = range_ >> total_bits;
  low_ += std::uint64_t{unit} * start;
  range_ = unit * size;
  for (; range_ < kLeastRange; range_ <<= 8) shift_out();
}

bool RangeEncoder::one_byte_suffices() const { return first_multiple(kOneByte) + kOneByte <= low_ + range_; }

std::size_t RangeEncoder::closed_bytes() const {
  return written_ + (holds_ ? 1 : 0) + waiting_ + (one_byte_suffices() ? 1 : 2);
}

std::size_t RangeEncoder::close() {
  // The interval is at least kLeastRange wide, so it holds a whole block of 2^16 numbers, and no block of 2^32.
  const bool one = one_byte_suffices();
  low_ = first_multiple(one ? kOneByte : kTwoBytes);
  shift_out();
  if (!one) shift_out();
  if (holds_) write(held_);
  for (; waiting_ > 0; --waiting_) write(0xff);
  return written_;
}

}  // namespace sluice::split
