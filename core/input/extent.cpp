// How large an input is. See input.hpp.
#include <limits>

#include "core/base/text.hpp"
#include "core/input/input.hpp"

namespace sluice::input {
namespace {

std::uint32_t saturated(std::size_t bytes) {
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(bytes < most ? bytes : most);
}

struct Measure {
  InputExtent operator()(const ImageView& view) const { return {Modality::kImage, {view.width, view.height, 0}}; }
  InputExtent operator()(const ClipView& view) const {
    if (view.frames.empty()) return {Modality::kClip, {}};
    return {Modality::kClip, {view.frames[0].width, view.frames[0].height, saturated(view.frames.size())}};
  }
  InputExtent operator()(const AudioView& view) const {
    return {Modality::kAudio, {view.samples, view.channels, view.rate_hz}};
  }
  InputExtent operator()(const SignalView& view) const { return {Modality::kSignal, {view.steps, view.channels, 0}}; }
  InputExtent operator()(const TextView& view) const { return {Modality::kText, {saturated(view.utf8.size()), 0, 0}}; }
  InputExtent operator()(const TensorView& view) const {
    return {Modality::kTensor, {saturated(view.bytes.size()), 0, 0}};
  }
};

struct WindowText {
  std::string operator()(const ImageSpec&) const { return "image"; }
  std::string operator()(const ClipSpec& spec) const { return join_text({"clip of ", spec.frames, " frames"}); }
  std::string operator()(const AudioSpec& spec) const {
    return to_string({Modality::kAudio, {spec.samples, spec.channels, spec.rate_hz}});
  }
  std::string operator()(const SignalSpec& spec) const {
    return to_string({Modality::kSignal, {spec.steps, spec.channels, 0}});
  }
  std::string operator()(const TextSpec& spec) const { return to_string({Modality::kText, {spec.max_bytes, 0, 0}}); }
  std::string operator()(const TensorSpec& spec) const {
    return join_text({type_name(spec.type), " tensor ", to_string(spec.shape)});
  }
};

}  // namespace

std::string window_text(const InputSpec& spec) { return std::visit(WindowText{}, spec); }

InputExtent extent_of(const InputView& view) { return std::visit(Measure{}, view); }

}  // namespace sluice::input
