// Where a bundle lies that was named on the command line: by a folder's path, or by a name that is looked for. No state.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::cli {

// The folders in which bundles are looked for by name: $SLUICE_BUNDLES, beside the program (an
// installation's share/sluice/bundles, a build tree's bundles), then ./bundles.
std::vector<std::filesystem::path> bundle_folders();

// The folder with the bundle's manifest. kNotFound lists the places looked at.
Result<std::filesystem::path> find_bundle(const std::string& name_or_folder);

}  // namespace sluice::cli
