// The section `variants` in a manifest's text. The rest of the text stays as it is, fields that only their writer knows (x_classes) and
// sections of other builds too, which is why it is not written anew from what was read. Pure function.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/pipeline/manifest.hpp"

namespace sluice::eval {

// With these variants in place of those that it has, and these parts added, or put over those of their names. kMalformedManifest where the
// text, or what it becomes, is no manifest.
Result<std::string> with_variants(std::string_view text, std::span<const pipeline::Part> parts,
                                  std::span<const pipeline::ModelVariant> variants);

}  // namespace sluice::eval
