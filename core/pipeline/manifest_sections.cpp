// The section `batching`, and the list of all; apart from the rest of the reading half of manifest.hpp, since the small
// modules of pages do not read it.
#include <array>

#include "core/pipeline/manifest_fields.hpp"
#include "core/tensor/shape.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::uint64_t kMaxBatch = 1024;
constexpr std::uint64_t kMaxDelayUs = 1'000'000;

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
