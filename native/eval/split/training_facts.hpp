// What only training can measure of a model in two halves, since it takes gradients: manifest.json's section `split` carries it in fields
// that builds ignore (core/pipeline/MANIFEST.md, `x_`). Read from the file anew, as the manifest's reader leaves such fields alone.
#pragma once

#include <filesystem>
#include <optional>

namespace sluice::eval {

// Of kept-back pictures. Where no channel stays local, the first fifth that is sent takes the place of the local ones.
struct TrainingFacts {
  std::optional<double> skewness;  // x_skewness: the local channels' share of the importance
  std::optional<double>
      disorder_share;  // x_disorder_share: of pictures on which another channel matters more than one of them
};

// Nothing where the bundle's folder says nothing, or something else than a share.
TrainingFacts read_training_facts(const std::filesystem::path& folder);

}  // namespace sluice::eval
