#include "core/wire/traceparent.hpp"

#include <algorithm>

#include "core/wire/messages.hpp"

namespace sluice::wire {
namespace {

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool are_digits(std::string_view text) { return std::ranges::all_of(text, is_digit); }
bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }
int value_of(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

}  // namespace

std::optional<TraceContext> read_traceparent(std::string_view text) {
  if (text.size() < kTraceparentBytes || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  const std::string_view flags = text.substr(53, 2);
  if (!are_digits(version) || !are_digits(trace) || !are_digits(parent) || !are_digits(flags)) return std::nullopt;
  if (version == "ff" || is_zero(trace) || is_zero(parent)) return std::nullopt;
  if (text.size() > kTraceparentBytes && (version == "00" || text[kTraceparentBytes] != '-')) return std::nullopt;
  return TraceContext{std::string(trace), std::string(parent), value_of(flags[1]) % 2 == 1};
}

}  // namespace sluice::wire
