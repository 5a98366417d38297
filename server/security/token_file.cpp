#include "server/security/token_file.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace sluice::server {

namespace {

constexpr std::size_t kMaxNameLength = 64;
constexpr double kMaxRate = 1e6;
constexpr double kMaxShare = 1e3;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < line.size();) {
    if (is_space(line[i])) {
      ++i;
      continue;
    }
    const std::size_t start = i;
    while (i < line.size() && !is_space(line[i])) ++i;
    words.push_back(line.substr(start, i - start));
  }
  return words;
}

bool is_name(std::string_view word) {
  return !word.empty() && word.size() <= kMaxNameLength && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::optional<std::string> sha256_of(std::string_view word) {
  if (word.size() != 64) return std::nullopt;
  std::string digits(word);
  for (char& c : digits) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
  }
  return digits;
}

// Above 0 and at most `most`.
std::optional<double> number_of(std::string_view text, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value > 0) || value > most) return std::nullopt;
  return value;
}

// What a line says; the error is only the words behind "FILE:LINE: ".
Result<TokenLine> parse_line(const std::vector<std::string_view>& words) {
  const auto wrong = [](std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message)); };
  TokenLine line;
  // Never shown: it may be the token itself.
  if (sha256_of(words[0])) {
    return wrong(
        "the line begins with 64 hexadecimal digits; a token's own file is not this one: NAME SHA256 [rate=N] "
        "[burst=N] [share=N]");
  }
  if (!is_name(words[0])) {
    return wrong(
        "a name has 1 to 64 letters, digits, '.', '_' and '-'; the line is NAME SHA256 [rate=N] [burst=N] [share=N]");
  }
  line.name = words[0];
  const auto hash = words.size() < 2 ? std::nullopt : sha256_of(words[1]);
  if (!hash) {
    return wrong("behind the name '" + line.name +
                 "' stand no 64 hexadecimal digits; write the token's SHA-256 there, and never the token itself");
  }
  line.sha256 = *hash;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string word(words[i]);
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string_view value = equals == std::string::npos ? std::string_view{} : words[i].substr(equals + 1);
    double* const place = key == "rate"    ? &line.requests_per_second
                          : key == "burst" ? &line.burst
                          : key == "share" ? &line.share
                                           : nullptr;
    if (place == nullptr) return wrong("'" + word + "' is none of rate=N, burst=N and share=N");
    const double most = key == "share" ? kMaxShare : kMaxRate;
    const auto number = number_of(value, most);
    if (!number) {
      return wrong("'" + word + "': a number above 0 and at most " + std::to_string(static_cast<std::uint64_t>(most)) +
                   " is wanted");
    }
    *place = *number;
  }
  if (line.burst > 0 && line.requests_per_second == 0) return wrong("burst=N limits nothing without rate=N");
  // Less than one request at once would be none at all.
  if (line.burst > 0 && line.burst < 1) return wrong("burst must be at least 1");
  if (line.requests_per_second > 0 && line.burst == 0) line.burst = std::max(1.0, line.requests_per_second);
  return line;
}

}  // namespace

Result<std::vector<TokenLine>> parse_token_file(std::string_view text, std::string_view file) {
  if (!text.empty() && text.back() != '\n') {
    return fail(ErrorCode::kInvalidArgument,
                std::string(file) + ": the last line has no end, so the file may be cut off; end it with a line break");
  }
  std::vector<TokenLine> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    const auto words = words_of(text.substr(0, std::min(end, text.find('#'))));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (words.empty()) continue;
    const auto wrong = [&](const std::string& message) {
      return fail(ErrorCode::kInvalidArgument, std::string(file) + ":" + std::to_string(number) + ": " + message);
    };
    auto line = parse_line(words);
    if (!line) return wrong(line.error().message);
    for (const auto& other : lines) {
      if (other.name == line->name)
        return wrong("the name '" + line->name + "' was given to a token above; choose another");
      if (other.sha256 == line->sha256)
        return wrong("'" + line->name + "' has the token of '" + other.name + "'; make one for each");
    }
    lines.push_back(*std::move(line));
  }
  if (lines.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(file) + ": no token in it; without --token-file everybody may use the server");
  }
  return lines;
}

}  // namespace sluice::server
