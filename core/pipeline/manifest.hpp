// What a bundle says about itself: manifest.json, read with RapidJSON under limits; MANIFEST.md beside this file describes it.
// Parts are files beside it; the manifest gives their size and SHA-256, which whoever reads the files verifies (the core has no
// files). Plain data; parsing allocates no more than a small multiple of the text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/exit/exit_rule.hpp"
#include "core/exit/staged_model.hpp"
#include "core/input/input.hpp"
#include "core/output/agreement.hpp"
#include "core/output/output_spec.hpp"
#include "core/pipeline/operating_point.hpp"
#include "core/pipeline/question_row.hpp"

namespace sluice::pipeline {

inline constexpr std::uint32_t kManifestFormat = 2;        // that is written
inline constexpr std::uint32_t kOldestManifestFormat = 1;  // that is still read
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
  // Pictures not much larger than the model takes them are sent without loss: what JPEG takes from those changes too many results.
  bool lossless = false;
};

struct ModelSpec {
  std::string part;
  input::InputSpec input;
  OutputSpec output;
  PayloadBounds payload;
};

// What running a variant took where it was measured.
struct MeasuredProfile {
  std::string device;       // the engine and what it ran on, [a-z0-9-]{1,64}; one profile for each
  float ms = 0;             // one input, median
  std::uint64_t bytes = 0;  // memory at its most
};

// Another form of the full model, of the same input and outputs: other weights, not another task.
struct ModelVariant {
  std::string name;  // "int8"
  std::string part;
  float agreement = 0;  // the share of inputs on which its result agrees with the model's; 0: not measured
  std::vector<MeasuredProfile> profile;  // empty: not measured
};

// Whether several inputs may run as one: their tensors, and the model's outputs, are then put together along one axis.
struct BatchSpec {
  std::uint32_t axis = 0;          // of every input and output of the model
  std::uint32_t max_batch = 1;     // inputs in one run; 1: each by itself
  std::uint32_t max_delay_us = 0;  // how long an input may wait for company; 0: only those that wait anyway go together
};

// The model in two halves: a device half that fits a very weak client, and a remote half that goes on from its features.
struct SplitPoint {
  float target = 1;  // the share of inputs on which the combined answer agrees with the full model's, at least
  std::uint32_t channels = 0;  // coded ones, that are sent for it; 0: the guess alone
};
struct SplitSpec {
  std::string device;  // part: a device unit (core/split/device)
  std::string remote;  // part: ONNX, from features [batch, channels, height, width] to what the model's only output is
  std::vector<float> values;       // what each symbol stands for; empty: itself
  std::vector<SplitPoint> points;  // calibrated, growing in both
};

// Early exits of the model: branches at tensors inside it, of which the first that is sure answers (exit_route.hpp).
struct ExitPoint {
  float target = 1;               // the share of inputs on which the answer agrees with the full model's, at least
  std::vector<float> thresholds;  // of the exits, in the order of the places; exits::closed_threshold() leaves one out
};
// Where the device may stop and a server go on: the tensor at one of the places, coded.
struct ExitCutSpec {
  std::uint32_t place = 0;        // whose tensor it is
  std::string coding;             // part: a coding section (core/split/coding/symbol_model.hpp)
  std::vector<float> values;      // what each symbol stands for, growing
  std::vector<ExitPoint> points;  // calibrated with what the coding leaves of the tensor; targets growing
};
struct ExitsSpec {
  std::string part;  // ONNX with all branches: inputs named as tensors of the model, outputs like the model's
  exits::ExitRule rule = exits::ExitRule::kMaxProbability;
  std::vector<exits::ExitPlace> places;  // in the model's order
  std::vector<ExitPoint> points;         // calibrated, targets growing
  std::optional<ExitCutSpec> cut;
};

// A question that the bundle asks, with the row that knows its kind.
struct AskedQuestion {
  const QuestionRow* row = nullptr;
  std::shared_ptr<const QuestionSpec> spec;
};

// A way that an input which no question answered may take; `otherwise` is the one to take while this one is not to be had.
struct RouteSpec {
  std::string kind;       // "remote", "local"
  std::string otherwise;  // empty: none
};

struct Manifest {
  std::string name;     // [a-z0-9-]{1,64}
  std::string version;  // both ends must hold the same
  std::string description;
  std::vector<Part> parts;
  ModelSpec model;
  std::vector<ModelVariant> variants;    // of the model, among which a server chooses
  BatchSpec batching;                    // of the model, on a server
  std::optional<SplitSpec> split;        // of the model
  std::optional<ExitsSpec> exits;        // of the model
  float default_target = 0.9F;           // the accuracy target when nobody asks for another, (0, 1]
  output::AgreementSpec agree_when;      // when two results of the model agree; no rule: the one that fits the decoder
  std::vector<AskedQuestion> questions;  // in the order in which they are asked
  std::vector<RouteSpec> routes;         // the first is where to begin; empty: whatever the client allows
  std::vector<std::string> ignored;      // sections and questions that this build does not know and need not

  const Part* find_part(std::string_view part) const;
  // The section of the question of this kind, as its own type; nullptr when the bundle does not ask it.
  template <typename Spec>
  const Spec* find_question() const {
    for (const AskedQuestion& asked : questions) {
      if (const auto* spec = dynamic_cast<const Spec*>(asked.spec.get())) return spec;
    }
    return nullptr;
  }
};

// A section at the root that only some builds read, and what reads it where it stands. To the others it is an unknown one.
struct ManifestSection {
  std::string_view name;
  void (*read)(const JsonObject& root, Manifest& manifest);
};
std::span<const ManifestSection> further_sections();  // all: `variants`, `batching`, `exits`, `split`
const ManifestSection& exits_section();
std::span<const ManifestSection> client_sections();  // those that a client without full models needs: `split`

// `rows` are the kinds of questions that this build knows (core/questions/table.hpp), `sections` the further sections that it
// reads. kMalformedManifest names the field by its
// path ("questions[0].operating_points[2].threshold") and what was found there; kUnsupportedEnvironment names a section that
// the bundle requires and this build lacks.
Result<Manifest> parse_manifest(std::string_view json, std::span<const QuestionRow> rows,
                                std::span<const ManifestSection> sections = {});

// The canonical text: parse_manifest(write_manifest(m)) gives m back. `writers` are the kinds of questions that this build can
// write (core/questions/table.hpp). kInvalidArgument names a question's kind that is not among them.
Result<std::string> write_manifest(const Manifest& manifest, std::span<const QuestionWriter> writers);

// The questions, in order, from the contents of their parts. The error names the part.
Result<std::vector<std::unique_ptr<Question>>> make_questions(const Manifest& manifest,
                                                              std::span<const PartBytes> parts,
                                                              const run::Loading& loading);
// The parts that make_questions() needs, each once.
std::vector<std::string> question_parts(const Manifest& manifest);

}  // namespace sluice::pipeline
