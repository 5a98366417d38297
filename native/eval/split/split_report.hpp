// The report of `sluice eval` about a bundle in two halves: a table for people and one line of flat JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/pipeline/manifest.hpp"
#include "core/split/device/unit_writer.hpp"
#include "native/eval/split/split_measurement.hpp"

namespace sluice::eval {

struct SplitSubject {
  std::string bundle;  // "cifar10-split 1.0.0"
  std::string data;    // what was measured on
  std::vector<pipeline::SplitPoint> points;
  double target = 0;                    // the agreement asked for
  split::DeviceCosts costs;             // of the device half
  std::size_t unit_bytes = 0;           // of the device half, weights and tables
  std::vector<CodecCurve> codecs;       // empty: not measured
  std::optional<CodecCurve> deepcod{};  // where its networks are at hand (deepcod.hpp)
};

// The bytes that the codec needs for an accuracy, between the two points around it; nullopt where it never reaches it.
std::optional<double> codec_bytes_at(const CodecCurve& curve, double accuracy);
// Of the codec that needs fewest.
struct BestCodec {
  std::string codec;
  double bytes = 0;
};
std::optional<BestCodec> best_codec_at(const std::vector<CodecCurve>& curves, double accuracy);

std::string split_table(const SplitMeasurement& measured, const SplitSubject& subject);

// accuracy, full_accuracy, local_accuracy, bytes_mean (of whole payloads), bytes_over_deepcod (at equal accuracy; null: not at hand, or it never
// gets there), bytes_over_best_codec (at equal accuracy; null: not measured, or no
// codec keeps it), best_codec, accuracy_at_half_bytes (payloads that break off there), agreement (with the full model, all channels), target,
// target_channels, target_bytes, target_agreement (at the least channels that promise the target; null: none do), local_macs, local_peak_bytes, local_code_bytes (the
// unit: what the device holds beside the interpreter), samples, device_ms. No line break.
std::string split_json(const SplitMeasurement& measured, const SplitSubject& subject);

}  // namespace sluice::eval
