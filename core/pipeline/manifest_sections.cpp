// The sections `variants`, `batching` and `split`; apart from the rest of the reading half of manifest.hpp, since modules in pages do not
// read them.
#include <array>
#include <utility>

#include "core/pipeline/manifest_fields.hpp"
#include "core/tensor/shape.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::size_t kMaxVariants = 16;
constexpr std::size_t kMaxProfiles = 16;
constexpr double kMaxMs = 3'600'000;
constexpr std::uint64_t kMaxMemoryBytes = std::uint64_t{1} << 40;
constexpr std::uint64_t kMaxBatch = 1024;
constexpr std::uint64_t kMaxDelayUs = 1'000'000;
constexpr std::size_t kMaxSymbols = 256;
constexpr std::size_t kMaxSplitPoints = 64;
constexpr double kMaxValue = 1e6;

void read_variants(const JsonObject& root, Manifest& manifest) {
  root.each("variants", 1, kMaxVariants, {"name", "part", "profile"}, [&](const JsonObject& entry) {
    ModelVariant variant;
    variant.name = read_name(entry, "name");
    variant.part = read_part_reference(entry, manifest);
    for (const ModelVariant& other : manifest.variants) {
      if (other.name == variant.name) entry.complain("name", "another variant has this name");
      if (other.part == variant.part) entry.complain("part", "another variant is this part");
    }
    if (entry.has("profile")) {
      entry.each("profile", 1, kMaxProfiles, {"device", "ms", "bytes"}, [&](const JsonObject& measured) {
        MeasuredProfile profile;
        profile.device = read_name(measured, "device");
        profile.ms = measured.number("ms", {0, kMaxMs});
        profile.bytes = measured.integer("bytes", 1, kMaxMemoryBytes);
        for (const MeasuredProfile& other : variant.profile) {
          if (other.device == profile.device) measured.complain("device", "another profile is of this device");
        }
        variant.profile.push_back(std::move(profile));
      });
    }
    manifest.variants.push_back(std::move(variant));
  });
}

void read_batching(const JsonObject& root, Manifest& manifest) {
  const JsonObject batching = root.object("batching", {"axis", "max_batch", "max_delay_us"});
  manifest.batching.axis = static_cast<std::uint32_t>(batching.integer("axis", 0, Shape::kMaxRank - 1, 0));
  manifest.batching.max_batch = static_cast<std::uint32_t>(batching.integer("max_batch", 1, kMaxBatch));
  manifest.batching.max_delay_us = static_cast<std::uint32_t>(batching.integer("max_delay_us", 0, kMaxDelayUs, 0));
}

void read_split(const JsonObject& root, Manifest& manifest) {
  const JsonObject from = root.object("split", {"device", "remote", "values", "points"});
  SplitSpec split;
  split.device = read_part_reference(from, manifest, "device");
  split.remote = read_part_reference(from, manifest, "remote");
  if (split.device == split.remote) from.complain("remote", "it is the device half, too");
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

std::span<const ManifestSection> further_sections() {
  static constexpr std::array sections = {ManifestSection{"variants", read_variants},
                                          ManifestSection{"batching", read_batching},
                                          ManifestSection{"split", read_split}};
  return sections;
}

}  // namespace sluice::pipeline
