// A detector that is quick to run and easy to learn: it finds red squares. A real ONNX model with RetinaFace's outputs,
// so that labelling, decoding and rules are those of the product; and footage for it, written as picture files.
#pragma once

#include <filesystem>
#include <string>

#include "core/pipeline/manifest.hpp"

namespace sluice::test {

inline constexpr std::uint32_t kToySide = 64;

// The model's bytes.
std::string toy_detector();

// A SKIP filter for it: the probability grows with the reddest 8x8 cell. Its input is toy_spec()'s.
std::string toy_filter();

// How its input and outputs are read.
sluice::pipeline::ModelSpec toy_spec();

// `count` pictures of kToySide pixels, every second one with a red square, all on noise; the same seed gives the same
// files.
void write_toy_pictures(const std::filesystem::path& folder, std::size_t count, unsigned seed);

}  // namespace sluice::test
