#include "core/wire/encoding.hpp"

#include <array>
#include <utility>

namespace sluice::wire {
namespace {

constexpr std::array<std::pair<Encoding, std::string_view>, 10> kEncodingNames = {{
    {Encoding::kTensor, "tensor"},
    {Encoding::kRgb8, "rgb8"},
    {Encoding::kJpeg, "jpeg"},
    {Encoding::kPng, "png"},
    {Encoding::kWebp, "webp"},
    {Encoding::kSplit, "split"},
    {Encoding::kCut, "cut"},
    {Encoding::kF32, "f32"},
    {Encoding::kS16, "s16"},
    {Encoding::kUtf8, "utf8"},
}};

}  // namespace

std::string_view encoding_name(Encoding encoding) {
  for (const auto& [value, name] : kEncodingNames) {
    if (value == encoding) return name;
  }
  return "unknown";
}

std::optional<Encoding> find_encoding(std::string_view name) {
  for (const auto& [value, known] : kEncodingNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

bool is_known(Encoding encoding) { return encoding_name(encoding) != "unknown"; }

bool loses(Encoding encoding) { return encoding == Encoding::kJpeg || encoding == Encoding::kWebp; }

std::string encoding_list(std::span<const Encoding> encodings) {
  std::string text;
  for (const Encoding encoding : encodings) {
    if (!text.empty()) text += ", ";
    text += encoding_name(encoding);
  }
  return text.empty() ? "none" : text;
}

}  // namespace sluice::wire
