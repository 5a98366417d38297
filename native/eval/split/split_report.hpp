// The report of `sluice eval` about a bundle in two halves: a table for people and one line of flat JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/pipeline/manifest.hpp"
#include "core/split/device/unit_writer.hpp"
#include "native/eval/split/coder_costs.hpp"
#include "native/eval/split/split_measurement.hpp"
#include "native/eval/split/split_promise.hpp"
#include "native/eval/split/training_facts.hpp"

namespace sluice::eval {

struct SplitSubject {
  std::string bundle;  // "cifar10-split 1.0.0"
  std::string data;    // what was measured on
  std::vector<pipeline::SplitPoint> points;
  double target = 0;                      // the agreement asked for
  split::DeviceCosts costs;               // of the device half
  std::size_t unit_bytes = 0;             // of the device half, weights and tables
  std::vector<CodecCurve> codecs;         // empty: not measured
  std::optional<CodecCurve> deepcod{};    // where its networks are at hand (deepcod.hpp)
  std::vector<CoderCost> coders;          // empty: not measured
  std::vector<PromiseAtTarget> promises;  // empty: not measured
  TrainingFacts facts;
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

// Keys; null is what was not measured, or is not to be had:
//   accuracy, full_accuracy, local_accuracy   shares that are right: all channels, the full model, the guess
//   bytes_mean, bytes_table_per_channel, bytes_lzw   of whole payloads, by coder
//   bytes_over_deepcod, deepcod_accuracy      at the highest accuracy that both reach, and that
//   bytes_over_best_codec, best_codec         of all channels, at their accuracy
//   accuracy_at_half_bytes                    of payloads that break off there
//   agreement                                 with the full model, all channels
//   target, target_channels, target_bytes, target_agreement   at the least channels that promise the target
//   promise_kept_share, promise_kept_share_N, promise_bytes_N   over calibrations drawn anew, of all targets and of each (N per cent)
//   latency_ms_R, codec_latency_ms_R          to an answer at R kbit/s: all channels, and the best codec at their accuracy
//   local_macs, local_peak_bytes, local_code_bytes   the device half; the last is the unit, what it holds beside the interpreter
//   skewness, disorder_share                  as training measured them
//   samples, device_ms, remote_ms, full_ms    pictures, and the least that one took here
// No line break.
std::string split_json(const SplitMeasurement& measured, const SplitSubject& subject);

}  // namespace sluice::eval
