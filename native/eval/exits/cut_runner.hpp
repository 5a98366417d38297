// What a model with exits answers to a picture where its tensor at a place is coded on the way: run with what ships, every exit asked. Owns what
// it runs on; one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/exit/exit_rule.hpp"
#include "core/exit/staged_model.hpp"
#include "core/input/preprocessor.hpp"
#include "core/split/feature_coder.hpp"
#include "core/split/feature_decoder.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::eval {

class CutRunner {
 public:
  // Of a bundle with exits. `pictures` outlive the runner.
  static Result<CutRunner> create(const bundle::Bundle& bundle, const LabelledPictures& pictures);

  // From now on the tensor at this place is coded by this section (core/split/coding), which outlives the runner, in these values.
  Result<void> cut(std::size_t place, Bytes section, const std::vector<float>& values);

  // The tensor at the place for a picture; valid until the next call.
  Result<TensorView> tensor_at(std::size_t place, std::size_t picture);
  // The tensor at a later place for one at an earlier; `tensor` is its owner's, not this runner's. Valid until the next call.
  Result<TensorView> tensor_from(std::size_t earlier, const TensorView& tensor, std::size_t place);
  // What the model says behind the place of a tensor, and what it says of a picture.
  Result<std::size_t> class_behind(std::size_t place, const TensorView& tensor);
  Result<std::size_t> class_of(std::size_t picture);
  Result<std::size_t> class_of_pixels(std::span<const std::uint8_t> rgb);  // of the pictures' size

  struct Said {
    std::vector<float> confidences;    // by exit; those behind the cut are of what was coded
    std::vector<std::size_t> classes;  // by exit, and at last of the model's end behind the cut
    std::size_t full = 0;              // what the whole model says of the picture as it is
    std::size_t bytes = 0;             // of the payload
  };
  Result<Said> ask(std::size_t picture);

  const exits::StagedModel& model() const { return model_; }
  std::size_t pictures() const { return pictures_->size(); }

 private:
  CutRunner(exits::StagedModel model, exits::ExitRule rule, std::unique_ptr<input::Preprocessor> preprocessor,
            Tensor input, const LabelledPictures& pictures);
  Result<void> begin(std::span<const std::uint8_t> rgb);
  Result<TensorView> run_to(std::size_t place);
  Result<std::size_t> run_to_end();
  Result<void> ask_exit(Said& said);

  exits::StagedModel model_;
  exits::ExitRule rule_;
  std::unique_ptr<input::Preprocessor> preprocessor_;
  Tensor input_;
  const LabelledPictures* pictures_;
  std::size_t place_ = 0;
  std::optional<split::FeatureCoder> coder_;
  std::optional<split::FeatureDecoder> decoder_;
  std::vector<std::int8_t> symbols_;
  Tensor decoded_;
};

}  // namespace sluice::eval
