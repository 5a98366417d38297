// Made-up requests: the model of rank r is asked for in proportion to 1 / r^exponent, and who holds which rank may
// change on the way. Deterministic for a seed. Plain functions.
#pragma once

#include <cstdint>

#include "core/base/result.hpp"
#include "native/simulate/residency/request_trace.hpp"

namespace sluice::simulate {

enum class Drift : std::uint8_t {
  kPermute,  // all ranks are dealt anew
  kWindow,   // each model moves down one in fifty ranks; those that fall off the end come back at the top
};

struct ZipfOptions {
  std::size_t models = 200;
  std::size_t requests = 20'000;
  double exponent = 1;
  double requests_per_s = 1;
  std::size_t drift_every = 0;  // requests; 0: popularity never changes
  Drift drift = Drift::kPermute;
  std::uint64_t seed = 1;
};

// kInvalidArgument for no models, or a rate or an exponent that is none.
Result<RequestTrace> make_zipf_trace(const ZipfOptions& options);

}  // namespace sluice::simulate
