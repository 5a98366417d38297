// A bundle in two halves over labelled pictures, each the way that it goes in use: the device half's integers, its payload in
// coded bytes, cut where a channel ends, decoded again, the remote half on what came, the guess put to it; and the full model beside.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/split/labelled_pictures.hpp"
#include "native/eval/split/in_parallel.hpp"

namespace sluice::eval {

// What the answers say, as numbers of classes; by the number of channels that came, at the same place as in `cuts`.
struct SplitRecord {
  std::int64_t label = 0;
  std::int64_t full = 0;
  std::vector<std::int64_t> combined;
  std::vector<std::uint32_t> bytes;  // of the payload that brings them
  std::int64_t at_half = 0;          // the answer when the payload breaks off at half of its bytes
};

struct SplitMeasurement {
  std::vector<std::uint32_t> cuts;  // in channels, growing from 0, the guess alone, to all of them
  std::vector<SplitRecord> pictures;
  // One picture on one thread, the least of all.
  double device_ms = 0;  // through the device half, coder included
  double remote_ms = 0;  // through decoder and remote half, all channels
  double full_ms = 0;    // through the full model

  double full_accuracy() const;
  double accuracy(std::size_t cut) const;
  double accuracy_at_half() const;
  double agreement(std::size_t cut) const;  // with the full model
  double bytes(std::size_t cut) const;      // mean
};

// Of every n-th picture. `cuts`: numbers of channels; those above the bundle's count as all, and 0 and all are added. On as many threads
// as the machine has cores. Fails where the bundle has no model in two halves, and with the errors of its parts.
Result<SplitMeasurement> measure_split(const bundle::Bundle& bundle, const LabelledPictures& pictures,
                                       std::vector<std::uint32_t> cuts, std::uint32_t every,
                                       const SplitProgress& progress);

// The share of pictures on which the bundle's full model is right when they have gone through a codec, by quality.
struct CodecPoint {
  int quality = 0;
  double bytes = 0;  // mean, of whole files
  double accuracy = 0;
};
struct CodecCurve {
  std::string codec;
  std::vector<CodecPoint> points;
};
Result<std::vector<CodecCurve>> measure_codecs(const bundle::Bundle& bundle, const LabelledPictures& pictures,
                                               std::uint32_t every, const SplitProgress& progress);

}  // namespace sluice::eval
