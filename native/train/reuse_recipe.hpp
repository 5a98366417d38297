// The recipe of the REUSE section: sequences in time order, out of the footage and composed; pairs of pictures labelled by
// whether the model's results agree; an embedding on the SKIP filter's trunk; a distance cap by the exact bound on replays.
// A filter that has an embedding already keeps it, and is calibrated only.
// Comes after the SKIP recipe, whose filter it extends and whose thresholds decide first when it replays.
#pragma once

#include <optional>
#include <string>

#include "native/train/embedding_trainer.hpp"
#include "native/train/recipe.hpp"

namespace sluice::train {

class ReuseRecipe final : public Recipe {
 public:
  std::string_view section() const override { return "reuse"; }
  Result<void> check(const FitOptions& options) const override;
  Result<void> make_dataset(FitJob& job) override;
  Result<void> fit(FitJob& job) override;
  Result<void> export_parts(FitJob& job) override;
  Result<void> calibrate(FitJob& job) override;

 private:
  // What happens one after the other: the footage's own videos, and composed sequences.
  struct Sequences {
    SampleStore videos;
    SampleStore motions;
  };
  static Result<Sequences> gather(FitJob& job, const Split& split, std::uint32_t frames_per_clip,
                                  std::uint32_t block_frames, std::size_t motions);

  bool keeps_embedding_ = false;
  std::optional<Sequences> train_;
  std::optional<Sequences> calibrate_;
  std::optional<TrunkFrames> train_frames_;
  EmbeddingNetwork network_{nullptr};
};

}  // namespace sluice::train
