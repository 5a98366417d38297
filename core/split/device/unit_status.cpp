#include "core/split/device/device_unit.hpp"

namespace sluice::split {

const char* describe(UnitStatus status) {
  switch (status) {
    case UnitStatus::kGood: return "a good device unit";
    case UnitStatus::kTooShort: return "the bytes end before the device unit does";
    case UnitStatus::kNotAUnit: return "the bytes are no device unit";
    case UnitStatus::kOtherVersion: return "the device unit is of another version";
    case UnitStatus::kTooLarge: return "a size is beyond what device units may have";
    case UnitStatus::kBadPicture: return "the picture's sides are 0 or too large";
    case UnitStatus::kBadLayerCount: return "there are too few layers or too many";
    case UnitStatus::kBadLayer: return "a layer has a kind, kernel, stride, clamp or channels that none can have";
    case UnitStatus::kBadPart: return "an offset leads out of the device unit";
    case UnitStatus::kBadBias: return "a bias is too large for 32-bit sums";
    case UnitStatus::kBadRescale: return "a rescale's shift is out of range";
    case UnitStatus::kBadFeatures: return "the features' layer or their channels do not fit";
    case UnitStatus::kBadSymbols: return "the range of the symbols or their thresholds are wrong";
    case UnitStatus::kBadHead: return "the last layer, and only it, must be the head, with a logit for each class";
    case UnitStatus::kBadArena: return "a result lies outside the arena, or over one that is still needed";
    case UnitStatus::kBadShare: return "a share of the local answer or the logits' scale is out of range";
    case UnitStatus::kBadCoding: return "the symbol model cannot be read, or is of other features";
  }
  return "an unknown status";
}

}  // namespace sluice::split
