// PieSlicer (ICPE'21): shrink and encode a picture on the device before it is sent, or send it as it is and let the server shrink it? One
// line each for the device's work f, the transfer g and the server's work h, all in the size of what goes in:
//   on the device  f(original) + g(shrunk) + h(shrunk)
//   on the server  g(original) + h(original)
// On the device if the server's sum is larger. A picture that is small or short already may be sent without asking (short-circuit).
// The released code takes the shrunk size for 0 (a cast to an integer); pass 0 to have it so. Pure functions of plain numbers; sizes in
// decimal megabytes.
#pragma once

#include <cstdint>
#include <optional>

namespace sluice::adapt {

struct SizeLine {
  double ms_per_mb = 0;
  double constant_ms = 0;
  double at(double mb) const { return ms_per_mb * mb + constant_ms; }
};

struct PieSlicerLines {
  SizeLine device;    // f
  SizeLine transfer;  // g
  SizeLine server;    // h
};

enum class PreprocessAt : std::uint8_t { kDevice, kServer };

struct PieSlicerTimes {
  double device_ms = 0;  // of preprocessing on the device, then sending
  double server_ms = 0;  // of sending, then preprocessing
};

// `transfer_delta_ms`: an online correction of every transfer, or 0.
PieSlicerTimes pieslicer_times(const PieSlicerLines& lines, double original_mb, double shrunk_mb,
                               double transfer_delta_ms = 0);
PreprocessAt pieslicer_choice(const PieSlicerTimes& times);

// Whether a picture is sent as it is without asking the lines.
struct ShortCircuit {
  std::uint64_t below_bytes = 53'982;  // the mean size of a shrunk picture, as published
  std::uint32_t below_side = 331;
};
bool is_short_circuit(const ShortCircuit& rule, std::uint64_t bytes, std::uint32_t width, std::uint32_t height);

// The size in megabytes above which the device's way is the shorter one; nullopt where the device's line is the steeper one, so that
// there is no such size.
std::optional<double> break_even_mb(const PieSlicerLines& lines, double shrunk_mb);

}  // namespace sluice::adapt
