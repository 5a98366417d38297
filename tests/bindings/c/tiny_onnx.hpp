// ONNX models of a few nodes and the manifest that goes with them, whose answers can be worked out by hand; what the C ABI's tests
// read its errors and bytes with.
#pragma once

#include <cstdint>
#include <string>

#include "bindings/c/sluice.h"

namespace sluice::c::test {

struct Error : sluice_error {
  Error() : sluice_error{} { struct_size = sizeof(sluice_error); }
  std::string message() const { return {text, text_length}; }
};

inline std::string text_of(sluice_bytes bytes) {
  return {static_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.length)};
}

// sigmoid(20 * (mean of all channels - 0.5)) of a [1, 3, side, side] picture in [0, 1].
std::string brightness_gate(int side);

// The mean of each channel, [1, 3].
std::string mean_colour(int side);

// The mean over time of each channel of a window, [1, channels].
std::string mean_over_time(int channels, int length);

// A bundle of mean_over_time() alone, whose input section is `input`.
std::string window_manifest(const std::string& input);

// A bundle's handle, which the caller destroys; a failed test when there is none.
sluice_bundle* open_bundle(const std::string& manifest);

// A gray picture over `pixels` of width x height bytes.
sluice_input gray_input(const unsigned char* pixels, std::uint32_t width, std::uint32_t height);

// A bundle of both: gate on 16 x 16, model on 32 x 32, threshold 0.5 at target 0.9 and 0.9 at target 0.8.
std::string bright_manifest();

}  // namespace sluice::c::test
