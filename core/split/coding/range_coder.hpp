// A range coder after Subbotin and Martin, 32 bits wide, with carries. Freestanding: the caller lends all memory.
//
// The bytes are the digits, base 256, of a number within the interval that the symbols have narrowed down. A byte is written
// when no later carry can reach it, so what stands in `out` never changes again, and a copy of the coder is all it takes
// to go back to an earlier point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::split {

// Encoder and decoder keep the interval at least this wide.
inline constexpr std::uint32_t kLeastRange = std::uint32_t{1} << 24;
inline constexpr std::uint32_t kWholeRange = 0xffffffff;

class RangeEncoder {
 public:
  explicit RangeEncoder(std::span<std::uint8_t> out) : out_(out) {}

  // Narrows the interval to the part [start, start + size) of 2^total_bits. Precondition: size > 0, the part lies within the
  // total, total_bits <= 15.
  void encode(std::uint32_t start, std::uint32_t size, unsigned total_bits);

  // How many bytes there are once the coder is closed at this point.
  std::size_t closed_bytes() const;
  // Whether a byte that could no longer be held back found no room in `out`.
  bool overflowed() const { return written_ > out_.size(); }
  // Writes the fewest bytes after which all symbols are certain, whatever follows them. Returns how many bytes there are in
  // all. Precondition: they fit, and none overflowed.
  std::size_t close();

 private:
  void shift_out();
  void write(std::uint8_t byte);
  bool one_byte_suffices() const;
  std::uint64_t first_multiple(std::uint64_t step) const { return (low_ + step - 1) & ~(step - 1); }

  std::span<std::uint8_t> out_;
  std::size_t written_ = 0;  // counted on where there is no room
  std::size_t waiting_ = 0;  // bytes of 255 behind the one held back: a carry runs through them
  std::uint64_t low_ = 0;    // 32 bits and the carry
  std::uint32_t range_ = kWholeRange;
  std::uint8_t held_ = 0;
  bool holds_ = false;
};

}  // namespace sluice::split
