#include "core/input/modality.hpp"

#include "core/base/text.hpp"

namespace sluice::input {

std::string_view modality_name(Modality modality) {
  switch (modality) {
    case Modality::kImage: return "image";
    case Modality::kClip: return "clip";
    case Modality::kAudio: return "audio";
    case Modality::kSignal: return "signal";
    case Modality::kText: return "text";
    case Modality::kTensor: return "tensor";
  }
  return "unknown";
}

std::string to_string(const InputExtent& extent) {
  const auto& [first, second, third] = extent.sizes;
  std::string text = join_text({modality_name(extent.modality), " of ", first});
  switch (extent.modality) {
    case Modality::kImage: return text + join_text({" x ", second});
    case Modality::kClip: return text + join_text({" x ", second, ", ", third, " frames"});
    case Modality::kAudio: return text + join_text({" samples x ", second, " channels at ", third, " Hz"});
    case Modality::kSignal: return text + join_text({" steps x ", second, " channels"});
    case Modality::kText:
    case Modality::kTensor: break;
  }
  return text + " bytes";
}

}  // namespace sluice::input
