// What a bundle says about itself: manifest.json, read with RapidJSON under limits. Parts are files beside it; the manifest
// gives their size and SHA-256, which whoever reads the files verifies (the core has no files).
// Plain data; parsing allocates no more than a small multiple of the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image_tensor.hpp"
#include "core/output/output_spec.hpp"

namespace sluice::pipeline {

inline constexpr std::uint32_t kManifestFormat = 1;
inline constexpr std::size_t kMaxManifestBytes = std::size_t{1} << 20;

struct Part {
  std::string name;  // "filter", "model"
  std::string file;  // a plain file name; no folders
  std::uint64_t bytes = 0;
  std::string sha256;  // 64 hex digits
};

using OutputSpec = output::OutputSpec;

// How far a picture's payload may be reduced when the link is thin: within these bounds the model's results were judged to
// stay good.
struct PayloadBounds {
  std::uint32_t min_jpeg_quality = 60;  // 1 to 100
  std::uint32_t max_jpeg_quality = 85;
  float min_scale = 1;  // of each side, (0, 1]
};

struct ModelSpec {
  std::string part;
  input::ImageSpec input;
  OutputSpec output;
};

// A threshold calibrated on a split of its own to keep the promise: agreement >= target with the given confidence.
struct OperatingPoint {
  float target = 0;       // (0, 1)
  float confidence = 0;   // (0, 1)
  float threshold = 0;    // frames with score < threshold are skipped
  float filter_rate = 0;  // on the calibration split, for information
};

struct SkipSpec {
  std::string part;
  input::ImageSpec input;
  std::string redundant_when;                    // the rule over the full model's result, "count == 0"
  std::vector<OperatingPoint> operating_points;  // growing targets
  float default_target = 0.9F;
};

struct Manifest {
  std::string name;     // [a-z0-9-]{1,64}
  std::string version;  // both ends must hold the same
  std::string description;
  std::vector<Part> parts;
  ModelSpec model;
  std::optional<SkipSpec> skip;

  const Part* find_part(std::string_view part) const;
};

// kMalformedManifest names the field by its path ("skip.operating_points[2].threshold") and what was found there.
Result<Manifest> parse_manifest(std::string_view json);

// The canonical text: parse_manifest(write_manifest(m)) gives m back.
std::string write_manifest(const Manifest& manifest);

}  // namespace sluice::pipeline
