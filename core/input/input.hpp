// One input of a bundle, of whatever kind, and what a manifest says about the kind that its model takes. An InputView borrows
// what it shows. A new modality is a view and a spec of its own, an alternative in each of the two variants (in the order of
// Modality), and a row in all_preprocessors.cpp.
#pragma once

#include <string>
#include <variant>

#include "core/input/audio.hpp"
#include "core/input/clip.hpp"
#include "core/input/image.hpp"
#include "core/input/image_tensor.hpp"
#include "core/input/modality.hpp"
#include "core/input/signal.hpp"
#include "core/input/text.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::input {

using InputView = std::variant<ImageView, ClipView, AudioView, SignalView, TextView, TensorView>;

// A tensor that goes into the model as it is.
struct TensorSpec {
  DataType type = DataType::kFloat32;
  Shape shape;
};

using InputSpec = std::variant<ImageSpec, ClipSpec, AudioSpec, SignalSpec, TextSpec, TensorSpec>;

inline Modality modality_of(const InputView& view) { return static_cast<Modality>(view.index()); }
inline Modality modality_of(const InputSpec& spec) { return static_cast<Modality>(spec.index()); }

InputExtent extent_of(const InputView& view);

// What an input must be to fit the spec, in words: equal for two specs exactly where they take the same inputs. Pictures of every
// size are taken, since they are scaled.
std::string window_text(const InputSpec& spec);

}  // namespace sluice::input
