// What a classifier's answers are called: `x_classes` in the manifest of a bundle, a note for people that clients pass over
// (core/pipeline/MANIFEST.md). Read from the file anew, as the manifest's reader leaves such fields alone.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sluice::bundle {

// In the order of the answers; none where the bundle's folder names none, or something that is no text.
std::vector<std::string> read_class_names(const std::filesystem::path& folder);

}  // namespace sluice::bundle
