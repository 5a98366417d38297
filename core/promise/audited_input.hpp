// What the promise's statistics are told of each input, once. Plain values.
//
// An answer given without the full model may be audited: recomputed by it, with a probability q that was fixed before the draw. Whether
// others were wrong nobody knows, which is what the statistics are about. An answer of the full model itself is never wrong.
#pragma once

namespace sluice::promise {

struct AuditedInput {
  bool by_full_model = false;
  double audit_probability = 1;  // q, above 0 to 1; of an answer of the full model of no meaning
  double expected = 0;           // probability that it is wrong, as far as was known before the draw, [0, 1]
  bool audited = false;
  bool wrong = false;  // found by an audit
};

// Whether the numbers are ones: others are refused by who counts them.
inline bool is_valid(const AuditedInput& input) {
  if (input.by_full_model) return !input.wrong;
  if (!(input.expected >= 0 && input.expected <= 1)) return false;
  return input.audit_probability > 0 && input.audit_probability <= 1 && (input.audited || !input.wrong);
}

}  // namespace sluice::promise
