// What decides in a client beside its questions, by its options: a live promise, the choice of answers, or placing. For drivers that hold all
// of a bundle, after the client was made and before it starts. See ClientOptions.
#pragma once

#include "core/base/result.hpp"
#include "core/pipeline/client.hpp"

namespace sluice::pipeline {

// kInvalidArgument for what a live promise cannot be about, or a rule that cannot be read.
Result<void> add_deciders(Client& client, const Manifest& manifest, const ClientOptions& options);

}  // namespace sluice::pipeline
