// What a bundle that was made from pictures says for people and for `sluice eval`, and no client acts on: fields of its manifest whose
// names begin with x_ (core/pipeline/MANIFEST.md). They are put into the text that was written, since what writes manifests does not
// know them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/train/splitnet/importance_losses.hpp"

namespace sluice::train::splitnet {

struct BundleNotes {
  std::vector<std::string> classes;  // x_classes: names in the order of the model's answers; empty: not known
  std::optional<ImportanceFigures> importance;  // split.x_skewness and split.x_disorder_share
};

// Into the manifest of the bundle in that folder, which must have a split section where there are figures of it.
Result<void> add_notes(const std::filesystem::path& folder, const BundleNotes& notes);

}  // namespace sluice::train::splitnet
