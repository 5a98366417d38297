// The section `variants`, which thin clients read as well: a server may answer with one of them; see manifest.hpp.
#include <utility>

#include "core/pipeline/manifest_fields.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::size_t kMaxVariants = 16;
constexpr std::size_t kMaxProfiles = 16;
constexpr double kMaxMs = 3'600'000;
constexpr std::uint64_t kMaxMemoryBytes = std::uint64_t{1} << 40;

}  // namespace

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

}  // namespace sluice::pipeline
