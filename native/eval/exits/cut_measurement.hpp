// What a bundle's exits and its model's end answer to labelled pictures where the tensor at a place is coded on the way, and what the coding
// comes to; and what the model answers to the pictures as they would be sent instead. Measured with what ships, as it ships.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/exits/exit_profile.hpp"
#include "native/eval/split/in_parallel.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::eval {

// The confidence of the model's end as one more exit: above every threshold but a closed one.
inline constexpr float kAlwaysSure = 0.5F;

struct CutMeasurement {
  ExitProfile profile;  // every exit asked, those behind the cut on what was coded; one more: the model's end there
  std::vector<std::uint32_t> bytes;  // of the payload, by input
  std::vector<std::uint32_t> full;   // the class of the whole model, by input
};

// A tensor's coding: a coding section (core/split/coding) and what its symbols stand for. Borrowed.
struct CodedPlace {
  std::size_t place = 0;
  Bytes section;
  const std::vector<float>& values;
};

// Every n-th picture. `labelled`: otherwise the full model's own answers count as right. The bundle has exits.
Result<CutMeasurement> measure_cut(const bundle::Bundle& bundle, const CodedPlace& coded,
                                   const LabelledPictures& pictures, bool labelled, std::uint32_t every,
                                   const SplitProgress& progress);

// The whole model behind pictures as `sluice run` sends them where nothing makes it spare the link.
struct SentPicture {
  std::uint32_t bytes = 0;
  bool agrees = false;
  bool right = false;
};
// `full` as measured on the same pictures.
Result<std::vector<SentPicture>> measure_sent_pictures(const bundle::Bundle& bundle, const LabelledPictures& pictures,
                                                       bool labelled, std::uint32_t every,
                                                       std::span<const std::uint32_t> full,
                                                       const SplitProgress& progress);

// What that is: JPEG of this quality, as the bundle allows.
std::uint32_t sent_jpeg_quality(const pipeline::Manifest& manifest);

}  // namespace sluice::eval
