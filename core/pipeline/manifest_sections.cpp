// The sections `variants` and `batching`, and the list of all; apart from the rest of the reading half of manifest.hpp, since the small
// modules of pages do not read them.
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

void read_variants(const JsonObject& root, Manifest& manifest) {
  root.each("variants", 1, kMaxVariants, {"name", "part", "agreement", "profile"}, [&](const JsonObject& entry) {
    ModelVariant variant;
    variant.name = read_name(entry, "name");
    variant.part = read_part_reference(entry, manifest);
    for (const ModelVariant& other : manifest.variants) {
      if (other.name == variant.name) entry.complain("name", "another variant has this name");
      if (other.part == variant.part) entry.complain("part", "another variant is this part");
    }
    if (entry.has("agreement")) {
      variant.agreement = entry.number("agreement", {0, 1});
      if (variant.agreement <= 0) entry.complain("agreement", "expected a number above 0");
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

}  // namespace

std::span<const ManifestSection> further_sections() {
  static const std::array sections = {ManifestSection{"variants", read_variants},
                                      ManifestSection{"batching", read_batching}, exits_section(),
                                      client_sections()[0]};
  return sections;
}

}  // namespace sluice::pipeline
