// What an upstream's Answer comes to here. No state; safe from any thread.
#pragma once

#include "core/base/result.hpp"
#include "core/wire/messages.hpp"
#include "server/dispatch/job.hpp"

namespace sluice::server {

// Copies the outputs. Its cost is the upstream's, and in `queue` also the way there, as far as it is not decoding or computing: so a
// client does not take the way between the servers for its own. kMalformedMessage where it is no answer to `request`: without
// outputs, of a kind that no server gives, or by a variant that the request does not accept.
Result<JobResult> answer_of(const wire::Answer& answer, const wire::Request& request, Duration since_admission);

}  // namespace sluice::server
