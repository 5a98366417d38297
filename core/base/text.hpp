// Messages put together from parts: join_text({"axis ", axis, " of ", name}). One call whatever the parts are, where a chain of
// `+` would leave a temporary string and its clean-up at every step. Parts refer to what they are given; they live for one call.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sluice {

class TextPart {
 public:
  template <typename Text>
    requires std::convertible_to<const Text&, std::string_view>
  TextPart(const Text& text) : kind_(Kind::kText), text_(text) {}
  template <std::integral Number>
    requires(!std::same_as<Number, bool> && !std::same_as<Number, char>)
  TextPart(Number number)
      : kind_(std::signed_integral<Number> ? Kind::kSigned : Kind::kUnsigned),
        integer_(static_cast<std::uint64_t>(number)) {}
  TextPart(char character) : kind_(Kind::kCharacter), integer_(static_cast<unsigned char>(character)) {}
  // In the form of "0.25", "12", "1.5e-7", without trailing zeros: up to 6 significant digits of a float, 12 of a double.
  TextPart(float number) : kind_(Kind::kFloat), real_(number) {}
  TextPart(double number) : kind_(Kind::kDouble), real_(number) {}

  void append_to(std::string& text) const;

 private:
  enum class Kind : std::uint8_t { kText, kSigned, kUnsigned, kCharacter, kFloat, kDouble };

  Kind kind_;
  union {
    std::string_view text_;
    std::uint64_t integer_;
    double real_;
  };
};

std::string join_text(std::initializer_list<TextPart> parts);
void append_text(std::string& text, std::initializer_list<TextPart> parts);

}  // namespace sluice
