// DeepCOD, the baseline that the bytes of a model in two halves are held against: its operating points as bench_split_baselines leaves
// them in a folder, run by our own engine, symbols in real payloads. A point is two graphs: deepcod-CHANNELS.encoder.onnx takes what the full
// model takes and gives symbols, whole numbers as floats; deepcod-CHANNELS.decoder.onnx makes of them again what the full model takes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "native/eval/split/split_measurement.hpp"

namespace sluice::eval {

struct DeepcodPoint {
  int channels = 0;
  double lzw_bytes = 0;    // means of whole payloads
  double range_bytes = 0;  // with tables learned from training pictures
  double accuracy = 0;     // of the full model, on what the decoder makes
};

// The folder NAME-baselines beside the bundle's, or under bundles/ of the source tree; nullopt where there is none.
std::optional<std::filesystem::path> find_deepcod(const std::string& bundle_name,
                                                  const std::filesystem::path& bundle_folder);

// Of every n-th test picture, on as many threads as the machine has cores; points by their channels, ascending. Failures: kNotFound where
// the folder has no point or one of half its files; those of loading and running the graphs, naming the file.
Result<std::vector<DeepcodPoint>> measure_deepcod(const std::filesystem::path& folder, const bundle::Bundle& bundle,
                                                  const LabelledPictures& training, const LabelledPictures& test,
                                                  std::uint32_t every, const SplitProgress& progress);

// Each point with the coder that takes fewer bytes, its channels for a quality.
CodecCurve deepcod_curve(const std::vector<DeepcodPoint>& points);

}  // namespace sluice::eval
