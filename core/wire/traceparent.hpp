// W3C Trace Context, level 1: which trace a request belongs to, as its header `traceparent` says it. Plain functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::wire {

struct TraceContext {
  std::string trace_id;   // 32 hexadecimal digits in lower case, not all 0
  std::string parent_id;  // 16 of them: the caller's span
  bool sampled = false;
};

// "00-<trace_id>-<parent_id>-<flags>", or what a later version has at its front. nullopt for anything else (section 4.3: the caller then
// goes on as if there were none).
std::optional<TraceContext> read_traceparent(std::string_view text);

}  // namespace sluice::wire
