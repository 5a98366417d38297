// Numbers to bytes and back, in one order for both ways: a class names its fields once, in archive(), for whichever of the two comes.
// Little-endian on every machine. The reader trusts nothing: after the first number that is missing or out of its range it is not sound, and
// gives zeros. Plain values; one thread at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"

namespace sluice::promise {

inline constexpr double kMostCount = 0x1p53;  // that a double counts exactly

class StateWriter {
 public:
  explicit StateWriter(std::string& out) : out_(out) {}

  void count(const std::uint64_t& value, std::uint64_t = 0) { bits(value); }
  void real(const double& value, double = 0, double = 0) { bits(std::bit_cast<std::uint64_t>(value)); }

 private:
  void bits(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) out_ += static_cast<char>(value >> 8 * i & 0xff);
  }

  std::string& out_;
};

class StateReader {
 public:
  explicit StateReader(Bytes bytes) : bytes_(bytes) {}

  // At most `most`; a value from `least` to `most`.
  void count(std::uint64_t& value, std::uint64_t most = std::uint64_t{1} << 53) {
    value = bits();
    if (value > most) fail(value);
  }
  void real(double& value, double least, double most) {
    value = std::bit_cast<double>(bits());
    if (!(value >= least && value <= most)) fail(value);
  }
  bool sound() const { return sound_; }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::uint64_t bits() {
    if (bytes_.size() - at_ < 8) {
      sound_ = false;
      at_ = bytes_.size();
      return 0;
    }
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value |= std::to_integer<std::uint64_t>(bytes_[at_++]) << 8 * i;
    return value;
  }
  template <typename Number>
  void fail(Number& value) {
    sound_ = false;
    value = 0;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool sound_ = true;
};

}  // namespace sluice::promise
