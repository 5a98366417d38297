#include "core/pipeline/split_check.hpp"

#include <variant>

namespace sluice::pipeline {

Result<void> check_split(const Manifest& manifest, const split::DeviceUnit& unit) {
  const input::InputSpec& input = manifest.model.input;
  if (!std::holds_alternative<input::ImageSpec>(input)) {
    return fail(ErrorCode::kMalformedManifest,
                {"a model in two halves takes pictures; this one takes inputs of the kind '",
                 input::modality_name(input::modality_of(input)), "'"});
  }
  for (const SplitPoint& point : manifest.split->points) {
    if (point.channels <= unit.coded_channels()) continue;
    return fail(ErrorCode::kMalformedManifest, {"split.points promises something of ", point.channels,
                                                " channels; the device half codes ", unit.coded_channels()});
  }
  return {};
}

}  // namespace sluice::pipeline
