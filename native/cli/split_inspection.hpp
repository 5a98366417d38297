// What `sluice inspect` says of a model in two halves. Pure function.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"

namespace sluice::cli {

// Lines for people: what the device half takes, and what each accuracy target takes of it. Reads both halves and tries that they fit
// each other; their errors name the part. Precondition: the manifest has a split, and both parts were read.
// `folder`: where it lies, whose x_classes have to be as many as the halves' answers.
Result<std::string> describe_halves(const bundle::Bundle& bundle, const std::filesystem::path& folder);

}  // namespace sluice::cli
