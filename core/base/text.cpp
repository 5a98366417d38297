#include "core/base/text.hpp"

#include <array>
#include <cmath>

namespace sluice {
namespace {

void append_digits(std::string& text, std::uint64_t number) {
  std::array<char, 20> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  text.append(digits.data() + at, digits.size() - at);
}

void append_signed(std::string& text, std::int64_t number) {
  if (number < 0) text += '-';
  append_digits(text, number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number));
}

// By hand: printf and std::to_chars bring more code than a whole gate may have.
void append_real(std::string& text, double number, int digit_count) {
  if (std::isnan(number)) {
    text += "nan";
    return;
  }
  if (std::signbit(number)) text += '-';
  number = std::fabs(number);
  if (std::isinf(number)) {
    text += "inf";
    return;
  }
  if (number == 0) {
    text += '0';
    return;
  }
  int exponent = 0;  // number is mantissa * 10^exponent with 1 <= mantissa < 10
  double mantissa = number;
  for (; mantissa >= 10; mantissa /= 10) ++exponent;
  for (; mantissa < 1; mantissa *= 10) --exponent;
  std::uint64_t unit = 1;
  for (int digit = 1; digit < digit_count; ++digit) unit *= 10;
  auto scaled = static_cast<std::uint64_t>(mantissa * static_cast<double>(unit) + 0.5);
  if (scaled >= 10 * unit) {
    scaled /= 10;
    ++exponent;
  }
  std::string digits;
  append_digits(digits, scaled);
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  if (exponent < -5 || exponent > 8) {
    text += digits[0];
    if (digits.size() > 1) text.append(1, '.').append(digits, 1);
    text += 'e';
    append_signed(text, exponent);
    return;
  }
  if (exponent < 0) {
    text.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
    return;
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  text.append(digits, 0, whole);
  if (digits.size() > whole) text.append(1, '.').append(digits, whole);
}

}  // namespace

void TextPart::append_to(std::string& text) const {
  switch (kind_) {
    case Kind::kText: text += text_; return;
    case Kind::kSigned: append_signed(text, static_cast<std::int64_t>(integer_)); return;
    case Kind::kUnsigned: append_digits(text, integer_); return;
    case Kind::kCharacter: text += static_cast<char>(integer_); return;
    case Kind::kFloat: append_real(text, real_, 6); return;
    case Kind::kDouble: append_real(text, real_, 12); return;
  }
}

void append_text(std::string& text, std::initializer_list<TextPart> parts) {
  for (const TextPart& part : parts) part.append_to(text);
}

std::string join_text(std::initializer_list<TextPart> parts) {
  std::string text;
  append_text(text, parts);
  return text;
}

}  // namespace sluice
