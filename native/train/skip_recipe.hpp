// The recipe of the SKIP section: labels by the redundancy rule, composed scenes and screens beside the footage, a small
// convolutional network, thresholds by the exact bound. With a filter at hand (`--filter`) nothing is trained and that one is
// calibrated; with a bundle at hand (`--keep-skip`) its section is taken over.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "core/questions/skip/skip_question.hpp"
#include "native/train/gate_network.hpp"
#include "native/train/recipe.hpp"

namespace sluice::train {

class SkipRecipe final : public Recipe {
 public:
  std::string_view section() const override { return "skip"; }
  Result<void> check(const FitOptions& options) const override;
  Result<void> make_dataset(FitJob& job) override;
  Result<void> fit(FitJob& job) override;
  Result<void> export_parts(FitJob& job) override;
  Result<void> calibrate(FitJob& job) override;

 private:
  struct Composed {
    SampleStore scenes;
    SampleStore screens;
  };
  static Result<Composed> compose(FitJob& job, const Split& split, std::size_t scenes, std::size_t screens);

  Result<void> keep(const std::filesystem::path& folder);

  std::shared_ptr<questions::SkipSpec> kept_;  // taken over from another bundle
  std::optional<Composed> train_;
  std::optional<Composed> calibrate_;
  std::string filter_;            // ONNX
  GateNetwork network_{nullptr};  // what was trained, until it is exported
};

}  // namespace sluice::train
