// What a classifier's answers are called: `x_classes` in the manifest of a bundle, a note for people that clients pass over
// (core/pipeline/MANIFEST.md). Read from the file anew, as the manifest's reader leaves such fields alone.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::bundle {

// In the order of the answers; none where the bundle's folder names none. kMalformedManifest where the field is no list of texts.
Result<std::vector<std::string>> read_class_names(const std::filesystem::path& folder);
// The same of a manifest's text, which errors call `place`.
Result<std::vector<std::string>> class_names_in(std::string_view manifest, std::string_view place);
// The same for a model of so many answers: kMalformedManifest where there are names, but not as many.
Result<std::vector<std::string>> read_class_names(const std::filesystem::path& folder, std::size_t answers);

}  // namespace sluice::bundle
