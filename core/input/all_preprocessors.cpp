// The table of every modality. See preprocessor.hpp.
#include <array>

#include "core/input/refusal.hpp"

namespace sluice::input {

std::span<const PreprocessorRow> all_preprocessors() {
  static constexpr std::array kRows = {
      PreprocessorRow{Modality::kImage, make_image_preprocessor},
      PreprocessorRow{Modality::kClip, make_clip_preprocessor},
      PreprocessorRow{Modality::kAudio, make_audio_preprocessor},
      PreprocessorRow{Modality::kSignal, make_signal_preprocessor},
      PreprocessorRow{Modality::kText, make_text_preprocessor},
      PreprocessorRow{Modality::kTensor, make_tensor_preprocessor},
  };
  return kRows;
}

}  // namespace sluice::input
