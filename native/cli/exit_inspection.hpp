// What `sluice inspect` says of a model with early exits. Pure function.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"

namespace sluice::cli {

// Lines for people: where the exits are and what they cost, and from how sure on each accuracy target takes them. Loads the stages and the
// branches as a run would; their errors name the place. Precondition: the manifest has exits, and their parts were read; of a cut its, too.
Result<std::string> describe_exits(const bundle::Bundle& bundle);

}  // namespace sluice::cli
