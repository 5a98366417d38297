// What options ask of placement (ClientOptions::place_forms) has to be there: a server, something that runs here, and the variant that is
// named. For whoever makes a client, before it is made. Pure function.
#pragma once

#include "core/base/result.hpp"
#include "core/pipeline/client_options.hpp"
#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {

// kInvalidArgument says what is missing.
Result<void> check_placing(const Manifest& manifest, const ClientOptions& options);

}  // namespace sluice::pipeline
