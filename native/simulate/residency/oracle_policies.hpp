// Policies that know the future, and so exist in simulations alone: the lower bounds that the others are read against.
// They read the trace that is replayed, which they borrow, and must be told of each of its requests in order. One
// thread at a time.
#pragma once

#include <memory>

#include "core/adapt/residency/policy.hpp"
#include "native/simulate/residency/request_trace.hpp"

namespace sluice::simulate {

enum class OracleKind : std::uint8_t {
  kBelady,       // whoever is asked for last again goes first, blind to costs and sizes
  kCremeBrulee,  // CremeBrulee's: (1 / requests until the next)^1 x (load cost)^1 / bytes, without superfluous victims
};

std::unique_ptr<residency::Policy> make_oracle(OracleKind kind, const RequestTrace& trace);

}  // namespace sluice::simulate
