// The section `split`, which thin clients read as well, and the list of those; see manifest.hpp.
#include <array>
#include <utility>

#include "core/pipeline/manifest_fields.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::size_t kMaxSymbols = 256;
constexpr std::size_t kMaxSplitPoints = 64;
constexpr double kMaxValue = 1e6;

void read_split(const JsonObject& root, Manifest& manifest) {
  const JsonObject from = root.object("split", {"device", "remote", "values", "points"});
  SplitSpec split;
  split.device = read_part_reference(from, manifest, "device");
  split.remote = read_part_reference(from, manifest, "remote");
  if (split.device == split.remote) from.complain("remote", "it is the device half, too");
  if (split.device == manifest.model.part) from.complain("device", "it is the model, too");
  if (manifest.exits && split.device == manifest.exits->part) from.complain("device", "it is the exits, too");
  split.values = from.numbers("values", {-kMaxValue, kMaxValue}, kMaxSymbols);
  from.each("points", 1, kMaxSplitPoints, {"target", "channels"}, [&](const JsonObject& entry) {
    SplitPoint point;
    point.target = entry.number("target", {0, 1});
    point.channels = static_cast<std::uint32_t>(entry.integer("channels", 0, kMaxSymbols));
    if (!split.points.empty()) {
      if (point.target <= split.points.back().target) entry.complain("target", "expected more than the one before");
      if (point.channels < split.points.back().channels) {
        entry.complain("channels", "expected at least as many as for the target before");
      }
    }
    split.points.push_back(point);
  });
  if (output::gives_detections(manifest.model.output)) {
    root.refuse("split", "a model in two halves answers with its own tensors; this one has an output decoder");
  }
  manifest.split = std::move(split);
}

}  // namespace

std::span<const ManifestSection> client_sections() {
  static constexpr std::array sections = {ManifestSection{"split", read_split},
                                          ManifestSection{"variants", read_variants}};
  return sections;
}

}  // namespace sluice::pipeline
