// What the preprocessors share: the refusal of an input of another kind, and their makers for the table. Inside core/input.
#pragma once

#include "core/input/preprocessor.hpp"

namespace sluice::input {

// kInvalidInput: "the bundle takes an image; this is an audio of ..."
Failure refuse_modality(Modality expected, const InputView& input);

Result<std::unique_ptr<Preprocessor>> make_image_preprocessor(const InputSpec& spec);
Result<std::unique_ptr<Preprocessor>> make_clip_preprocessor(const InputSpec& spec);
Result<std::unique_ptr<Preprocessor>> make_audio_preprocessor(const InputSpec& spec);
Result<std::unique_ptr<Preprocessor>> make_signal_preprocessor(const InputSpec& spec);
Result<std::unique_ptr<Preprocessor>> make_text_preprocessor(const InputSpec& spec);
Result<std::unique_ptr<Preprocessor>> make_tensor_preprocessor(const InputSpec& spec);

}  // namespace sluice::input
