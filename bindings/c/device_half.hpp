// The route of a model in two halves, for a client whose caller runs the device half; see sluice_client_create().
// Internal to bindings/c. Plain function.
#pragma once

#include <vector>

#include "core/pipeline/client.hpp"
#include "core/pipeline/client_options.hpp"
#include "core/pipeline/question_row.hpp"

namespace sluice::c {

// Takes the device half out of `parts`, where it is among them, and makes its route of it; none where no server is to be asked.
// kMalformedModel for a device unit that cannot be read. What comes back looks at `manifest`.
Result<std::vector<pipeline::Client::MakeRoute>> take_device_half(const pipeline::Manifest& manifest,
                                                                  const pipeline::ClientOptions& options,
                                                                  std::vector<pipeline::PartBytes>& parts);

}  // namespace sluice::c
